"""What the program itself costs: its evaluation, its deployment, its tests."""

from __future__ import annotations

from collections.abc import Iterator

from bench.program import deployment, engine, evaluation, suite
from bench.report import Chapter
from bench.size import Size
from sandbox.report import Report

TITLE = "The program"


def chapters(size: Size, report: Report) -> Iterator[Chapter]:
    """One after the other, as they are measured."""
    with report.step("evaluation"):
        several = evaluation.measure(size)
    yield from several
    with report.step("the longest chain"):
        found = deployment.measure()
    yield found
    yield from engine.measure(size, report)
    with report.step("the unit tests"):
        found = suite.measure()
    yield found
