"""Evaluation time and memory, against an empty program and against the number of registries."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes

from bench import plots
from bench.ground import PROJECT
from bench.measure import Spread, in_turn, number
from bench.probe import PRIVATE_KEY
from bench.report import Chapter, Goal, Picture, Table
from bench.size import Size
from sandbox.errors import SandboxError
from sandbox.evaluation import local_providers
from sandbox.evaluation.project import evaluate_project

_GOAL = 1.3
_LINEAR = 1.2
_TEXTS = {
    "empty": "imports pulumi_aws, which loads next to nothing of it",
    "modules": "imports the nine parts of pulumi_aws that dev uses",
    "flat": "dev's resources with dev's inputs, one after the other, no library",
    "dev": "the dev stack",
}
_RUNTIME = """\
Each in a fresh process, in turn. Evaluating runs under Pulumi's test runtime (`sandbox/evaluate.py`): the program and
Pulumi's SDK do what they do under an engine, but there is no engine, no plugin, no gRPC. The keys of certificates are
made before: on an engine a plugin makes them. Time is processor time, which others on the machine disturb least."""
_FINDINGS = """\
The goal against the empty program is out of reach of any program: pulumi_aws is loaded part by part at the first use
of each, and an empty program uses none. What can be reached is `flat`, which registers the same {resources} resources
with constants. The library, with its components, outputs and checks, takes {ratio} its time. The rest is Pulumi's:
loading the classes, and some milliseconds of SDK for each resource.

Of what is imported, cryptography and passlib are ours to choose. They stay where they are: loading them only when
needed would save a few hundredths where no certificate is given, and hide what the modules depend on."""
_IS_LINEAR = """\
It is linear: a registry more costs {seconds} s and {memory} MiB. It was quadratic: each question to the provider that
is waited for makes Pulumi's event loop go through all that the program has begun so far, and each registry asked four.
They are now asked once for each provider (`components/lookups.py`)."""
# Whose code is loaded, by the beginning of a module's name.
_OWNERS = {
    "components": "ours",
    "settings": "ours",
    "pulumi_aws": "pulumi_aws",
    "pulumi_tls": "pulumi_tls, pulumi_random",
    "pulumi_random": "pulumi_tls, pulumi_random",
    "pulumi": "pulumi with grpc",
    "grpc": "pulumi with grpc",
    "google": "pulumi with grpc",
    "passlib": "passlib, bcrypt (hash passwords)",
    "bcrypt": "passlib, bcrypt (hash passwords)",
    "cryptography": "cryptography (reads certificates)",
}


@dataclass(frozen=True)
class _Cost:
    """What a process took: processor seconds, seconds, and the most memory it had, in MiB."""

    processor: float
    seconds: float
    memory: float


_Costs = Mapping[str, Sequence[_Cost]]


def measure(size: Size) -> list[Chapter]:
    """The two comparisons, and what the import is made of."""
    counts = (1, 10, 50) if size.rounds > 1 else (1, 2, 4)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        keys, resources = Path(folder, "keys"), Path(folder, "resources")
        keys.write_bytes(pickle.dumps(_keys()))
        declared = [each for each in evaluate_project(PROJECT, "dev").resources if each.custom]
        resources.write_bytes(pickle.dumps([(each.type, each.name, dict(each.inputs)) for each in declared]))

        def side(program: str) -> Callable[[], _Cost]:
            return partial(_cost, [sys.executable, "-m", "bench.probe", program, str(keys), str(resources)])

        programs = in_turn({name: side(name) for name in _TEXTS}, size.short_rounds)
        several = in_turn({str(count): side(str(count)) for count in counts[:-1]}, size.rounds)
        several |= in_turn({str(counts[-1]): side(str(counts[-1]))}, 1)
    return [_against_empty(programs, len(declared), _import_shares()), _against_count(several)]


def _keys() -> dict[str, dict[str, object]]:
    make = local_providers.MAKERS[PRIVATE_KEY]
    rsa, ecdsa = {"algorithm": "RSA", "rsaBits": 2048}, {"algorithm": "ECDSA", "ecdsaCurve": "P256"}
    return {"RSA": make(rsa), "ECDSA": make(ecdsa)}


def _cost(command: Sequence[str]) -> _Cost:
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    with process.stdout as told:
        memory = told.read()
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SandboxError(f"{' '.join(command)} ended with exit status {process.returncode}")
    return _Cost(used.ru_utime + used.ru_stime, seconds, int(memory) / 1024)


def _import_shares() -> Mapping[str, float]:
    """The seconds that the program's imports take, by whose modules they are."""
    command = [sys.executable, "-X", "importtime", "-c", "import settings"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stderr
    shares: dict[str, float] = {}
    for microseconds, module in re.findall(r"^import time: +(\d+) \| +\d+ \| *(\S+)$", told, re.MULTILINE):
        owner = _OWNERS.get(module.partition(".")[0], "Python's own and others")
        shares[owner] = shares.get(owner, 0.0) + int(microseconds) / 1e6
    return shares


def _of(costs: Sequence[_Cost], what: str) -> Spread:
    return Spread.of([getattr(cost, what) for cost in costs])


def _against_empty(programs: _Costs, resources: int, shares: Mapping[str, float]) -> Chapter:
    rows = []
    for name, costs in programs.items():
        time_ratio, memory_ratio = (
            _of(programs["dev"], what).over(_of(costs, what)).times() for what in ("processor", "memory")
        )
        time_, wall, memory = (_of(costs, what).text() for what in ("processor", "seconds", "memory"))
        rows.append((name, _TEXTS[name], time_, wall, memory, time_ratio, memory_ratio))
    ratios = {
        (name, what): _of(programs["dev"], what).over(_of(programs[name], what))
        for name in ("empty", "modules", "flat")
        for what in ("processor", "memory")
    }
    goals = [
        Goal(
            f"dev takes at most {_GOAL} times the {word} of {what}",
            ratios[name, measure_].times(),
            ratios[name, measure_].median <= _GOAL,
        )
        for name, what in (
            ("empty", "an empty program that imports pulumi_aws"),
            ("modules", "one that imports the same parts of it"),
            ("flat", "the same resources without the library"),
        )
        for measure_, word in (("processor", "time"), ("memory", "memory"))
    ]
    total = sum(shares.values())
    import_rows = [
        (name, f"{share * 1000:.0f}", f"{share / total:.0%}")
        for name, share in sorted(shares.items(), key=lambda item: -item[1])
    ]
    return Chapter(
        title="Evaluation against an empty program",
        method=_RUNTIME,
        tables=[
            Table(
                (
                    "Program",
                    "What it is",
                    "Processor s",
                    "Wall s",
                    "MiB at most",
                    "dev is (time)",
                    "dev is (memory)",
                ),
                rows,
            ),
            Table(("What `import settings` loads", "ms", "Share"), import_rows),
        ],
        findings=_FINDINGS.format(resources=resources, ratio=ratios["flat", "processor"].times()),
        goals=goals,
        pictures=[
            Picture("program-evaluation", "Processor time and memory of each program", partial(_draw, programs), 2)
        ],
    )


def _draw(programs: _Costs, axes: Sequence[Axes]) -> None:
    names = list(programs)
    for place, (what, unit, title) in enumerate(
        (("processor", "s", "Processor time of one evaluation"), ("memory", "MiB", "Most memory of one evaluation"))
    ):
        plots.bars(
            axes[place],
            names,
            {"one evaluation": [_of(programs[name], what) for name in names]},
            title=title,
            unit=unit,
        )
        if legend := axes[place].get_legend():
            legend.remove()


def _against_count(several: _Costs) -> Chapter:
    counts = [int(name) for name in several]
    medians = {what: [_of(costs, what).median for costs in several.values()] for what in ("processor", "memory")}
    each = {what: [(b - a) / (m - n) for n, m, a, b in _pairs(counts, values)] for what, values in medians.items()}
    growth = each["processor"][-1] / each["processor"][0]
    rows = [
        (name, _of(costs, "processor").text(), _of(costs, "seconds").text(), _of(costs, "memory").text())
        for name, costs in several.items()
    ]
    steps = [f"from {n} to {m}" for n, m, _, _ in _pairs(counts, medians["processor"])]
    return Chapter(
        title="Evaluation against the number of registries in one program",
        method=f'Registries with all defaults but `nat_gateways="none"`, one after the other in one program; as above. '
        f"{counts[-1]} are measured once.",
        tables=[
            Table(("Registries", "Processor s", "Wall s", "MiB at most"), rows),
            Table(
                ("One registry more", "Processor s", "MiB"),
                [
                    (step, number(seconds), number(memory))
                    for step, seconds, memory in zip(steps, each["processor"], each["memory"], strict=True)
                ],
            ),
        ],
        findings=(
            _IS_LINEAR.format(seconds=number(each["processor"][-1]), memory=number(each["memory"][-1]))
            if growth <= _LINEAR
            else f"The later registries cost {number(growth)} times the first ones: something is not linear."
        ),
        goals=[
            Goal(
                f"linear: the last registries cost at most {_LINEAR} times the first ones",
                f"{number(growth)} times: {number(each['processor'][-1])} s after {number(each['processor'][0])} s",
                growth <= _LINEAR,
            )
        ],
    )


def _pairs(counts: Sequence[int], values: Sequence[float]) -> list[tuple[int, int, float, float]]:
    return [(counts[i], counts[i + 1], values[i], values[i + 1]) for i in range(len(counts) - 1)]
