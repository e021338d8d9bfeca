"""The figures that tests measure: pytest shows them at its end, and the runbook quotes them."""

from __future__ import annotations

import pytest

_RECORDED: list[tuple[str, str]] = []


def record(event: str, text: object) -> None:
    """One line of the summary."""
    _RECORDED.append((event, str(text)))


def show(reporter: pytest.TerminalReporter) -> None:
    """Writes what was recorded."""
    if _RECORDED:
        reporter.section("measured")
        for event, text in _RECORDED:
            reporter.write_line(f"{event}: {text}")
