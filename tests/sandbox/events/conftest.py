"""One fleet for all events: each leaves it healthy, for the next."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.local import Options, sandbox
from tests.sandbox.fleet import TIMER_SCALE, Fleet
from tests.sandbox.helpers import PROJECT, quiet


@pytest.fixture(scope="package")
def fleet() -> Iterator[Fleet]:
    """Two instances of the dev stack."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as folder, ExitStack() as exits:
        options = Options(PROJECT, "dev", Path(folder), instances=2, timer_scale=TIMER_SCALE)
        running = exits.enter_context(sandbox(options, quiet()))
        yield Fleet(running, Path(folder) / "fleet", exits)
