"""One cluster for all tests of events. Each test leaves it healthy."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.local import Options, sandbox
from tests.sandbox.cluster import TIMER_SCALE, Cluster
from tests.sandbox.helpers import PROJECT, quiet_report


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """Two instances of the dev stack."""
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder, ExitStack() as exits:
        options = Options(PROJECT, "dev", Path(folder), instances=2, timer_scale=TIMER_SCALE)
        running = exits.enter_context(sandbox(options, quiet_report()))
        yield Cluster(running, Path(folder) / "cluster", exits)
