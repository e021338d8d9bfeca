"""How long the tests take."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from bench.ground import PROJECT
from bench.report import Chapter, Goal, Table
from sandbox.errors import SandboxError

_GOAL_SECONDS = 15
# `make test` leaves it.
_LAST = PROJECT / ".cache/tests.xml"
_SLOWEST = 10


@dataclass(frozen=True)
class _Times:
    """Attributes:
    seconds: of all tests.
    tests: each with its seconds, its fixtures' included, the slowest first.
    begun: the day and the minute.
    """

    seconds: float
    tests: Sequence[tuple[float, str]]
    begun: str


def measure() -> Chapter:
    """The unit tests are run; of the sandbox's in `make test` the last run is told, if there was one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder, "tests.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/unit"]
        command += ["-n", "2", "--dist", "worksteal", f"--junitxml={file}"]
        before, start = os.times(), time.perf_counter()
        ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
        seconds, after = time.perf_counter() - start, os.times()
        if ran.returncode:
            raise SandboxError(f"the unit tests failed:\n{ran.stdout[-2000:]}")
        unit = _read(file)
    processor = sum(after[2:4]) - sum(before[2:4])
    tables = [_slowest("The slowest unit tests", unit)]
    told = "There is no run of `make test` to tell of: it leaves its times in `.cache/tests.xml`."
    if _LAST.is_file():
        last = _read(_LAST)
        told = (
            f"The last `make test` here began with the sandbox's at {last.begun}: {len(last.tests)} tests in "
            f"{last.seconds:.0f} s."
        )
        tables.append(_slowest("The slowest of the sandbox's in `make test`", last))
    return Chapter(
        title="The tests",
        method="The unit tests are run once, by themselves, in two processes as `make test` runs them: "
        f"{seconds:.1f} s, in which the processors worked for {processor:.1f} s. {told} A fixture's time is its first "
        "test's.",
        tables=tables,
        goals=[
            Goal(
                f"the unit tests take less than {_GOAL_SECONDS} s",
                f"{len(unit.tests)} in {seconds:.1f} s; processor {processor:.1f} s",
                seconds < _GOAL_SECONDS,
            )
        ],
    )


def _read(file: Path) -> _Times:
    """A JUnit file, as pytest writes it."""
    [suite] = ElementTree.parse(file).getroot().iter("testsuite")
    tests = [
        (float(case.get("time", 0)), f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}")
        for case in suite.iter("testcase")
    ]
    begun = suite.get("timestamp", "")[:16].replace("T", " ")
    return _Times(float(suite.get("time", 0)), sorted(tests, reverse=True), begun)


def _slowest(title: str, times: _Times) -> Table:
    rows = [(name.replace("|", "/"), f"{seconds:.1f}") for seconds, name in times.tests[:_SLOWEST]]
    return Table((title, "s"), rows)
