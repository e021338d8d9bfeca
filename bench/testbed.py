"""What all compared configurations share: booted instances, S3, clients, and a folder for data."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import clients, s3
from bench.clients import Clients
from bench.s3 import S3
from sandbox.local import Options, Sandbox, sandbox
from sandbox.report import Report

PROJECT = Path(__file__).parents[1]
MEMORY = Path("/dev/shm")  # noqa: S108 - the folder that is in memory
_INSTANCES = 4
_CLIENTS = 16
_DATA_BYTES = 8_000_000_000
_TOUCHED_BYTES = 4_000_000_000


@dataclass(frozen=True)
class Testbed:
    """The shared parts.

    Attributes:
        sandbox: The dev stack, whose instances and declaration the configurations use; its own registries idle.
        data: A folder for what registries store.
    """

    sandbox: Sandbox
    s3: S3
    clients: Clients
    data: Path


@contextmanager
def running(report: Report) -> Iterator[Testbed]:
    with ExitStack() as exits:
        own = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        data = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=data_folder())))
        data.chmod(0o711)  # registries run as another user, in folders of their own
        if data.parent == MEMORY:
            with report.step("touch the memory"):
                _touch(data / "touched")
        s3.program(report.notice)
        started = exits.enter_context(sandbox(Options(PROJECT, "dev", own, instances=_INSTANCES), report))
        storage = exits.enter_context(s3.serving(data / "s3", started.stack.region))
        yield Testbed(started, storage, exits.enter_context(clients.running(_CLIENTS)), data)


def data_folder() -> Path:
    """Return a folder in memory, so that no disk is measured; the one for temporary files if memory is short."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(MEMORY).free >= _DATA_BYTES and _has_extended_attributes(MEMORY):
            return MEMORY
    return Path(tempfile.gettempdir())


def _touch(file: Path) -> None:
    """Write to the memory once. A virtual machine gets it at the first write, which would slow down the first push."""
    part = bytes(1 << 20)
    with file.open("wb") as written:
        for _ in range(_TOUCHED_BYTES // len(part)):
            written.write(part)
    file.unlink()


def _has_extended_attributes(folder: Path) -> bool:
    """Return whether files can have extended attributes, where versitygw keeps the metadata of objects."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        try:
            os.setxattr(file.name, "user.bench", b"1")
        except OSError:
            return False
    return True
