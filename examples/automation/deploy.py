"""Deploys or destroys a registry per team, all at the same time. README.md has the commands."""

import argparse
import functools
import multiprocessing
import os
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager

import programs
from pulumi import automation as auto

from private_registry import ExistingNetwork

PROJECT, NETWORK = "registries", "network"
REGION = os.environ.get("AWS_REGION", "us-west-2")

_spawning = multiprocessing.get_context("spawn")  # gRPC, which the network's deployment uses, does not survive a fork


class Failure(Exception):
    """The errors of the engine, the program and the provider. Unlike the SDK's exceptions, it can be pickled."""


def stack_of(name: str, program: Callable[[], None]) -> auto.Stack:
    """Select or create a stack, in the backend that `pulumi login` or PULUMI_BACKEND_URL sets."""
    stack = auto.create_or_select_stack(name, project_name=PROJECT, program=program)
    stack.set_config("aws:region", auto.ConfigValue(REGION))
    return stack


def deploy(team: str, *, network: ExistingNetwork) -> auto.OutputMap:
    """Deploy a team's registry, and return the stack's outputs."""
    with progress(team) as record:
        stack = stack_of(team, functools.partial(programs.registry, team, network))
        return stack.up(on_event=record, color="never").outputs


def destroy(team: str) -> auto.OutputMap:
    """Destroy a team's registry with its images, and remove the stack, which leaves no outputs."""
    with progress(team) as record:
        stack = stack_of(team, lambda: None)
        stack.destroy(on_event=record, color="never")
        stack.workspace.remove_stack(team)
        return {}


@contextmanager
def progress(team: str) -> Generator[Callable[[auto.EngineEvent], None], None, None]:
    """Print each completed step of a stack's operation, with the team's name.

    Raises:
        Failure: the operation failed.
    """
    errors: list[str] = []

    def record(event: auto.EngineEvent) -> None:
        if event.res_outputs_event:
            step = event.res_outputs_event.metadata
            # One write, newline included, so that lines of several processes do not mix.
            print(f"{team}: {step.op.value} {step.type} {step.urn.rpartition('::')[2]}\n", end="", flush=True)
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message.strip())

    try:
        yield record
    except auto.CommandError as error:
        print(f"{team}: failed\n", end="", flush=True)
        raise Failure("\n".join(errors) or str(error)) from None


def in_parallel(teams: Sequence[str], work: Callable[[str], auto.OutputMap]) -> dict[str, Future[auto.OutputMap]]:
    """Do the work for each team in a process of its own. One failure does not stop the others. Wait for all."""
    with ExitStack() as executors:
        # An executor each: when one of its processes dies, an executor gives up all of its work.
        pools = {team: executors.enter_context(ProcessPoolExecutor(1, _spawning)) for team in teams}
        return {team: pool.submit(work, team) for team, pool in pools.items()}


def report(results: Mapping[str, Future[auto.OutputMap]]) -> bool:
    """Print a table of the registries and the errors of those that failed. Return whether none did."""
    failures = {team: error for team, future in results.items() if (error := future.exception())}
    print()
    for team, future in results.items():
        print(f"{team:20} {'FAILED' if team in failures else _result(future.result())}")
    for team, error in failures.items():
        print(f"\n{team}:\n{error}")
    return not failures


def _result(outputs: auto.OutputMap) -> str:
    return outputs["address"].value if outputs else "destroyed"


def main(command: str, teams: Sequence[str]) -> bool:
    """Run a command; the network is deployed before the first registry, and destroyed after the last one."""
    network = stack_of(NETWORK, functools.partial(programs.network, REGION))
    if command == "up":
        outputs = network.up().outputs
        shared = ExistingNetwork(vpc_id=outputs["vpcId"].value, public_subnet_ids=outputs["publicSubnetIds"].value)
        return report(in_parallel(teams, functools.partial(deploy, network=shared)))
    succeeded = report(in_parallel(teams, destroy))
    if [stack.name for stack in network.workspace.list_stacks()] == [NETWORK]:
        network.destroy()
        network.workspace.remove_stack(NETWORK)
    return succeeded


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=("up", "destroy"))
    parser.add_argument("teams", nargs="+", metavar="TEAM")
    arguments = parser.parse_args()
    if NETWORK in arguments.teams:
        parser.error(f"'{NETWORK}' is the stack of the shared network: choose another name for the team")
    sys.exit(0 if main(arguments.command, arguments.teams) else 1)
