"""Sandboxes that run, shared by the tests that only look at them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.local import Options, Sandbox, sandbox
from tests.sandbox import figures
from tests.sandbox.helpers import PROJECT, quiet


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was measured stands in the summary."""
    figures.show(terminalreporter)


@contextmanager
def _running(stack: str, timer_scale: float = 1.0) -> Iterator[Sandbox]:
    # Not pytest's folder, whose long name sockets and messages would carry.
    with tempfile.TemporaryDirectory(prefix="sandbox-test-") as folder:
        options = Options(PROJECT, stack, Path(folder), instances=2, timer_scale=timer_scale)
        with sandbox(options, quiet()) as started:
            yield started


@pytest.fixture(scope="session")
def dev() -> Iterator[Sandbox]:
    """The dev stack (registry:2) with two instances."""
    with _running("dev") as started:
        yield started


@pytest.fixture(scope="session")
def prod() -> Iterator[Sandbox]:
    """The prod stack (registry:3) with two instances."""
    with _running("prod") as started:
        yield started


@pytest.fixture(scope="module")
def hasty() -> Iterator[Sandbox]:
    """The dev stack, whose timers fire every 1.2 s instead of every 60 s."""
    with _running("dev", timer_scale=0.02) as started:
        yield started
