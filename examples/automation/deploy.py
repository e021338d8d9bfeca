"""Deploys or destroys a registry per team, all at the same time, from this process.

usage: deploy.py up|destroy TEAM...
"""

import functools
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import programs
from pulumi import automation as auto

from private_registry import ExistingNetwork

PROJECT, NETWORK = "registries", "network"
REGION = os.environ.get("AWS_REGION", "us-west-2")
_REPORT_SECONDS = 5


@dataclass
class Progress:
    """How far the engine is with a stack.

    Attributes:
        steps: the number of completed steps.
        errors: the messages of the engine, the program and the provider.
    """

    steps: int = 0
    errors: list[str] = field(default_factory=list)

    def record(self, event: auto.EngineEvent) -> None:
        if event.res_outputs_event:
            self.steps += 1
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            self.errors.append(event.diagnostic_event.message.strip())


def stack_of(name: str, program: Callable[[], None]) -> auto.Stack:
    """Select or create a stack, in the backend that `pulumi login` or PULUMI_BACKEND_URL sets."""
    stack = auto.create_or_select_stack(name, project_name=PROJECT, program=program)
    stack.set_config("aws:region", auto.ConfigValue(REGION))
    return stack


def deploy(team: str, progress: Progress, *, network: ExistingNetwork) -> str:
    """Deploy a team's registry, and return its address."""
    stack = stack_of(team, functools.partial(programs.registry, team, network))
    return stack.up(on_event=progress.record, color="never").outputs["address"].value


def destroy(team: str, progress: Progress) -> str:
    """Destroy a team's registry with its images, and remove the stack."""
    stack = stack_of(team, lambda: None)
    stack.destroy(on_event=progress.record, color="never")
    stack.workspace.remove_stack(team)
    return "destroyed"


def in_parallel(teams: Sequence[str], work: Callable[[str, Progress], str]) -> bool:
    """Do the work for each team in a thread of its own, print the progress and every result.

    Returns:
        Whether all succeeded. One failure does not stop the others.
    """
    progress = {team: Progress() for team in teams}
    with ThreadPoolExecutor(max_workers=len(teams)) as threads:
        running: dict[Future[str], str] = {threads.submit(work, team, progress[team]): team for team in teams}
        waiting = set(running)
        while waiting:
            finished, waiting = wait(waiting, timeout=_REPORT_SECONDS)
            for future in finished:
                print(f"{running[future]}: {_result(future, progress[running[future]])}", flush=True)
            if waiting:
                print(", ".join(f"{running[each]} {progress[running[each]].steps}" for each in waiting), flush=True)
    return all(future.exception() is None for future in running)


def _result(future: Future[str], progress: Progress) -> str:
    if (error := future.exception()) is None:
        return future.result()
    return "FAILED\n" + "\n".join(progress.errors or [str(error)])


def main(command: str, *teams: str) -> bool:
    """Run a command; the network is deployed before the first registry, and destroyed after the last one."""
    network = stack_of(NETWORK, functools.partial(programs.network, REGION))
    if command == "up":
        outputs = network.up().outputs
        shared = ExistingNetwork(vpc_id=outputs["vpcId"].value, public_subnet_ids=outputs["publicSubnetIds"].value)
        return in_parallel(teams, functools.partial(deploy, network=shared))
    succeeded = in_parallel(teams, destroy)
    if [stack.name for stack in network.workspace.list_stacks()] == [NETWORK]:
        network.destroy()
        network.workspace.remove_stack(NETWORK)
    return succeeded


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("up", "destroy"):
        sys.exit(__doc__)
    sys.exit(0 if main(*sys.argv[1:]) else 1)
