"""What evaluating the program costs, and how long AWS takes for a first `pulumi up`.

Each evaluation runs in a process of its own, `python -m bench.program PROGRAM FILE`, which prints its processor seconds
and its peak memory in MiB. FILE is a pickle of keys and random values, since how long it takes to make a key is chance,
and of the dev stack's resources.
"""

from __future__ import annotations

import importlib
import os
import pickle
import re
import runpy
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from bench.measure import Size, Spread, in_turn
from bench.page import Page, table
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.monitor import State
from sandbox.evaluation.project import evaluate_project, stack_config
from sandbox.machine.process_tree import peak_memory
from sandbox.report import Report
from tests.unit.creation_times import creation_time
from tests.unit.critical_path import Schedule, critical_path, length, schedule

_PROJECT = Path(__file__).parents[1]
_MOST = 1.3
_OTHERS = 0.1
_SLOW = {"LoadBalancer", "NatGateway", "Group", "Service"}
_PROGRAMS = {
    "empty": "imports pulumi_aws, which loads little until it is used",
    "flat": "dev's resources with dev's inputs, without the library",
    "dev": "the dev stack",
}


def measure(page: Page, size: Size, report: Report) -> None:
    state: State = {}
    stacks = {stack: evaluate_project(_PROJECT, stack, state=state) for stack in ("dev", "prod")}
    with report.step("evaluation"):
        _evaluation(page, size, state, stacks["dev"])
    _add_critical_paths(page, stacks)


def _evaluation(page: Page, size: Size, state: State, dev: Declaration) -> None:
    resources = [(each.type, each.name, dict(each.inputs)) for each in dev.resources if each.custom]
    # In the flat program, resources have no parents, so that their URNs have only their own types.
    state.update({re.sub(r"::[^:]+\$", "::", urn): made for urn, made in state.items()})
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(pickle.dumps((state, resources)))
        costs = in_turn({name: partial(_cost, name, file.name) for name in _PROGRAMS}, size.rounds)
    rows = []
    for name, what in _PROGRAMS.items():
        (cpu, memory), (dev_cpu, dev_memory) = (
            [Spread.of(values) for values in zip(*costs[each], strict=True)] for each in (name, "dev")
        )
        time_ratio, memory_ratio = dev_cpu.over(cpu), dev_memory.over(memory)
        rows.append((name, what, cpu, memory, time_ratio.times(), memory_ratio.times()))
        if name != "dev":
            for quantity, ratio in (("time", time_ratio), ("memory", memory_ratio)):
                page.goal(
                    f"dev takes at most {_MOST} times the {quantity} of *{name}*", ratio.times(), ratio.median <= _MOST
                )
    head = ("Program", "What it is", "Processor s", "Peak memory, MiB", "dev / this (time)", "dev / this (memory)")
    page.add("evaluation", table(head, rows))


def _cost(program: str, file: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "bench.program", program, file]
    output = subprocess.run(command, cwd=_PROJECT, stdout=subprocess.PIPE, text=True, check=True).stdout
    cpu, memory = map(float, output.split())
    return cpu, memory


def _flat(resources: Sequence[tuple[str, str, Mapping[str, object]]]) -> None:
    for type_, name, inputs in resources:
        package, module = re.split("[:/]", type_)[:2]
        home = importlib.import_module(f"pulumi_{package}" if module == "index" else f"pulumi_{package}.{module}")
        options = {re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower(): value for key, value in inputs.items()}
        getattr(home, type_.rpartition(":")[2])(name, **options)


def _evaluate_once(name: str, file: str) -> None:
    state, resources = pickle.loads(Path(file).read_bytes())
    programs: dict[str, Callable[[], object]] = {
        "empty": lambda: importlib.import_module("pulumi_aws"),
        "flat": lambda: _flat(resources),
        "dev": lambda: runpy.run_path(str(_PROJECT), run_name="__main__"),
    }
    evaluate(programs[name], config=stack_config(_PROJECT, "dev").values, state=state)
    print(time.process_time(), peak_memory([os.getpid()]))


def _add_critical_paths(page: Page, stacks: Mapping[str, Declaration]) -> None:
    tables, lengths = [], []
    for stack, declaration in stacks.items():
        for times in ("low", "typical", "high"):
            steps = _schedule(declaration, times)
            lengths.append((f"{stack}, {times} times", f"{length(steps):.0f}", " + ".join(_slow_kinds(steps))))
        steps = _schedule(declaration, "typical")
        rows = [(step.kind, f"{step.start:.0f}", f"{step.seconds:.0f}") for step in critical_path(steps)]
        head = (f"{stack}: critical path", "Starts at s", "Takes s")
        tables.append(table(head, [*rows, ("complete", f"{length(steps):.0f}", "")]))
        others = sum(step.seconds for step in critical_path(steps) if step.kind not in _SLOW)
        page.goal(
            f"{stack}: only load balancer or NAT gateway and the service on the critical path",
            f"{length(steps):.0f} s: {' + '.join(_slow_kinds(steps))}; all others {others:.0f} s",
            "Group" not in _slow_kinds(steps) and others <= _OTHERS * length(steps),
        )
    page.add("critical_paths", *tables, table(("Creation times", "s", "Slow steps on the critical path"), lengths))


def _slow_kinds(steps: Schedule) -> list[str]:
    return [step.kind for step in critical_path(steps) if step.kind in _SLOW]


def _schedule(declaration: Declaration, times: str) -> Schedule:
    def seconds(resource: Resource) -> float:
        return getattr(creation_time(resource), times)

    return schedule(declaration, seconds)


if __name__ == "__main__":
    _evaluate_once(*sys.argv[1:])
