"""Figures that tests measure. pytest prints them at the end, and docs/operations.md quotes them."""

from __future__ import annotations

import pytest

_RECORDED: list[tuple[str, str]] = []


def record(event: str, text: object) -> None:
    """Add a line to the summary."""
    _RECORDED.append((event, str(text)))


def show(reporter: pytest.TerminalReporter) -> None:
    """Print the recorded figures."""
    if _RECORDED:
        reporter.section("measured")
        for event, text in _RECORDED:
            reporter.write_line(f"{event}: {text}")
