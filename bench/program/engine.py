"""What a real Pulumi engine does: its calls, its seconds, and the order in which it makes things."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from pulumi import automation as auto

from bench.critical_path import length, longest_chain, schedule
from bench.ground import PROJECT
from bench.measure import number
from bench.program import deployment, gantt
from bench.report import Chapter, Picture, Table
from bench.size import Size
from sandbox import engine
from sandbox.aws import emulator
from sandbox.errors import SandboxError
from sandbox.evaluation import stack_state
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.project import evaluate_project
from sandbox.report import Report

_TITLE = "On the engine"
_METHOD = """\
`pulumi` itself with a state of its own, and the real Terraform AWS provider in front of moto. Calls are the lines in
moto's log of requests. Seconds are the command's, with the start of the engine, of its plugins and of Python. Nothing
boots in moto and services are steady at once, but the provider's waiter for a load balancer takes 60 s: the seconds of
a first `up` say little about AWS, its calls and its order do. Pulumi's own AWS plugin was not at hand: the one here is
a stand-in, and a wrapped provider of Pulumi's may make other calls.

Each once. The first `up` of all programs runs at once, each with an AWS API of its own, so that a whole run stays
short: they share the cores, and their seconds are more than each alone would take. All else runs alone. {parallel}
steps at once are allowed (`--parallel`). Pulumi's default is four for each core: with the 8 of two cores, the steps of
five registries that only wait, for load balancers and buckets, would keep the others from starting."""
_FINDINGS = """\
Resources include the components, which call nothing. A preview asks the provider's few questions, however many
registries there are. An `up` without a change compares with the state, and reads resources only when it is told to
(`--refresh`); Terraform reads all of them at each plan. The same as plain Terraform is not measured: it would have to
be written, and kept, a second time."""
_SOURCE = """\
import sys

sys.path.insert(0, {library!r})
from components import PrivateRegistry, PrivateRegistryArgs

for number in range({count}):
    PrivateRegistry(f"r{{number}}", PrivateRegistryArgs(nat_gateways="none", force_destroy=True))
"""
_STACK = "test"
_PARALLEL = 32


@dataclass(frozen=True)
class _Done:
    """One command.

    Attributes:
        calls: that reached the AWS API.
        spans: when each resource was begun and done, by its URN, in seconds from the command's first step.
    """

    seconds: float
    calls: int
    spans: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class _Program:
    """So many registries, of a stack that does not exist yet.

    Attributes:
        log: of the AWS API that it is deployed to, alone.
    """

    stack: auto.Stack
    log: Path

    def up(self, **options: Any) -> None:
        """Deploys it."""
        self.stack.up(parallel=_PARALLEL, **options)


@dataclass(frozen=True)
class _Measured:
    """A program's commands by what they are, and what was made."""

    commands: Mapping[str, _Done]
    declared: Declaration


def measure(size: Size, report: Report) -> Iterator[Chapter]:
    """1, 2 and 5 registries; the first of them is drawn."""
    if shutil.which("pulumi") is None:
        yield Chapter(title=_TITLE, method="**Not measured:** there is no `pulumi` on the PATH.")
        return
    counts = (1, 2, 5) if size.rounds > 1 else (1,)
    with ExitStack() as exits:
        programs = {count: exits.enter_context(_program(count)) for count in counts}
        with report.step("on the engine: previews"):
            previews = {count: _run(program.stack.preview, program.log) for count, program in programs.items()}
        with report.step("on the engine: first up, all at once"), ThreadPoolExecutor() as pool:
            running = {count: pool.submit(_run, program.up, program.log) for count, program in programs.items()}
            first = {count: each.result() for count, each in running.items()}
        with report.step("on the engine: up without a change"):
            again = {count: _run(program.up, program.log) for count, program in programs.items()}
        found = {
            count: _Measured(
                {"preview": previews[count], "first up": first[count], "up without a change": again[count]},
                stack_state.declaration(program.stack.export_stack().deployment),
            )
            for count, program in programs.items()
        }
    yield _costs(found)
    yield _order(found[1])


@contextmanager
def _program(count: int) -> Iterator[_Program]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, project = Path(name), Path(name, "program")
        project.mkdir()
        (project / "Pulumi.yaml").write_text("name: registry\nruntime: python\n")
        (project / f"Pulumi.{_STACK}.yaml").write_text("config:\n  aws:region: us-west-2\n")
        (project / "__main__.py").write_text(_SOURCE.format(library=str(PROJECT), count=count))
        log = folder / "aws-api.log"
        with emulator.running(log=log) as api:
            yield _Program(engine.select(project, _STACK, api, folder / "stack"), log)


def _run(command: Callable[..., Any], log: Path) -> _Done:
    begun: dict[str, float] = {}
    done: dict[str, float] = {}

    def note(event: auto.EngineEvent) -> None:
        # As it arrives: the engine's own times are whole seconds.
        now = time.perf_counter()
        if event.resource_pre_event:
            begun.setdefault(event.resource_pre_event.metadata.urn, now)
        if event.res_outputs_event:
            done[event.res_outputs_event.metadata.urn] = now

    before, start = _calls(log), time.perf_counter()
    try:
        command(on_event=note, color="never")
    except auto.CommandError as error:
        raise SandboxError(f"pulumi failed: {error}") from None
    seconds, first = time.perf_counter() - start, min(begun.values(), default=0.0)
    spans = {urn: (begun[urn] - first, end - first) for urn, end in done.items() if urn in begun}
    return _Done(seconds, _calls(log) - before, spans)


def _calls(log: Path) -> int:
    return sum(" HTTP/1." in line for line in log.read_text(errors="replace").splitlines())


def _costs(found: Mapping[int, _Measured]) -> Chapter:
    rows = []
    for count, measured in found.items():
        resources = len({urn for urn in measured.commands["preview"].spans if "pulumi:providers:" not in urn}) - 1
        for name, done in measured.commands.items():
            rows.append((str(count), name, str(resources), str(done.calls), number(done.seconds)))
    return Chapter(
        title=_TITLE,
        method=_METHOD.format(parallel=_PARALLEL),
        tables=[Table(("Registries", "Command", "Resources", "AWS API calls", "Seconds"), rows)],
        findings=_FINDINGS,
    )


def _order(measured: _Measured) -> Chapter:
    declared, spans = measured.declared, measured.commands["first up"].spans
    made = {each.urn: each for each in declared.resources if each.custom and each.urn in spans}
    seconds = {urn: spans[urn][1] - spans[urn][0] for urn in made}
    needed = schedule(declared, lambda resource: seconds.get(resource.urn, 0.0))
    chain = {step.resource.urn for step in longest_chain(needed)}
    early = [
        urn for urn, each in made.items() for other in each.dependencies & made.keys() if _overlap(spans, urn, other)
    ]
    end, busy = max(end for _, end in spans.values()), sum(seconds.values())
    bars = [
        gantt.Bar(f"{each.type.rpartition(':')[2]} {each.name.partition('-')[2]}", *spans[urn], urn in chain)
        for urn, each in made.items()
    ]
    return Chapter(
        title="The order of a real `up`, beside the predicted one",
        method=(
            "The first `up` of one registry above, from the engine's events as they arrive; and dev as predicted for "
            "AWS. The orange chain on each side is the longest by that side's times."
        ),
        tables=[
            Table(
                ("One registry's first `up`", ""),
                [
                    ("from the first step to the last, s", number(end)),
                    ("its longest chain with unlimited parallelism, s", number(length(needed))),
                    ("its slow steps", _slow(needed)),
                    ("all steps one after the other, s", number(busy)),
                    ("at once on average", number(busy / end)),
                    ("at once at most", str(_most_at_once([spans[urn] for urn in made]))),
                    ("begun before a dependency was done", str(len(early))),
                ],
            )
        ],
        findings=(
            "Nothing began before what it depends on was done, and the longest chain went on as soon as it could."
            if not early and end < 1.25 * length(needed)
            else "The engine did not keep up with the dependencies."
            if not early
            else f"Begun too early: {', '.join(early)}."
        ),
        pictures=[
            Picture(
                "program-order",
                "When each resource was made by the engine against moto, beside the prediction for AWS",
                lambda axes: _draw(bars, end, axes),
                2,
            )
        ],
    )


def _overlap(spans: Mapping[str, tuple[float, float]], urn: str, dependency: str) -> bool:
    # Events are passed on every tenth of a second.
    return spans[urn][0] < spans[dependency][1] - 0.5


def _slow(steps: Mapping[str, Any]) -> str:
    return ", ".join(f"{step.kind} {step.seconds:.0f} s" for step in longest_chain(steps) if step.seconds >= 2)


def _most_at_once(spans: Sequence[tuple[float, float]]) -> int:
    changes = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def _draw(bars: Sequence[gantt.Bar], end: float, axes: Sequence[Axes]) -> None:
    predicted = deployment.predicted(evaluate_project(PROJECT, "dev"))
    gantt.draw(axes[0], gantt.shown(bars), f"on the engine, against moto: {end:.0f} s")
    gantt.draw(axes[1], gantt.shown(deployment.bars(predicted)), f"predicted for AWS: {length(predicted):.0f} s")
