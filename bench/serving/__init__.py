"""How fast the registry serves: real registries and a real load balancer, on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from bench.ground import ground
from bench.report import Chapter
from bench.serving import gap, growth, passwords, settings, transfers
from bench.size import Size
from sandbox.report import Report

TITLE = "Serving"


def chapters(size: Size, report: Report) -> Iterator[Chapter]:
    """One after the other, as they are measured."""
    with ground(report) as shared:
        with report.step("requests with passwords"):
            found = passwords.measure(shared, size.rounds)
        yield found
        with report.step("push and pull"):
            several = transfers.measure(shared, size)
        yield from several
        with report.step("from bare to declared"):
            several = gap.measure(shared, size.rounds)
        yield from several
        with report.step("settings"):
            found = settings.measure(shared, size)
        yield found
        with report.step("instances and clients"):
            found = growth.measure(shared, size.rounds)
        yield found
