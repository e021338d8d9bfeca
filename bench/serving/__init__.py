"""How fast the registry serves: real registries and a real load balancer on this machine."""

from __future__ import annotations

from bench import testbed
from bench.measure import Size
from bench.page import Page
from bench.serving import breakdown, growth, passwords, settings, tokens, transfers
from sandbox.report import Report

_CHAPTERS = {
    "requests with passwords": passwords.measure,
    "requests with tokens": tokens.measure,
    "push and pull": transfers.measure,
    "from a bare registry to the stack": breakdown.measure,
    "settings": settings.measure,
    "instances and clients": growth.measure,
}


def measure(page: Page, size: Size, report: Report) -> None:
    with testbed.running(report) as bed:
        for name, chapter in _CHAPTERS.items():
            with report.step(name):
                chapter(page, bed, size)
