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
from tests.sandbox.replicas import replicas, with_settings


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


@pytest.fixture(params=["dev", "prod"], ids=["registry:2", "registry:3"], scope="module")
def each_sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """The sandbox of each major version."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def registries(each_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Two replicas of each major version, whose users may delete images."""
    change = with_settings(REGISTRY_STORAGE_DELETE_ENABLED="true")
    with replicas(each_sandbox, tmp_path_factory.mktemp("replicas"), change=change) as running:
        yield running
