"""Running sandboxes, shared by the tests that do not change them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.local import Options, Sandbox, sandbox
from tests.sandbox import figures
from tests.sandbox.helpers import PROJECT, quiet_report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the measured figures at the end."""
    figures.show(terminalreporter)


@contextmanager
def _running(stack: str) -> Iterator[Sandbox]:
    # Not in pytest's folder, whose path is too long for sockets.
    with (
        tempfile.TemporaryDirectory(prefix="sandbox-test-") as folder,
        sandbox(Options(PROJECT, stack, Path(folder), instances=2), quiet_report()) as started,
    ):
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
