"""What all sides of a comparison share: booted instances, one S3, clients, a folder for the data."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import s3
from bench.clients import Clients, clients
from bench.s3 import S3
from sandbox.local import Options, Sandbox, sandbox
from sandbox.report import Report

PROJECT = Path(__file__).parents[1]
_INSTANCES = 4
_CLIENTS = 16
MEMORY = Path("/dev/shm")
_NEEDED_BYTES = 8_000_000_000
_TOUCHED_BYTES = 4_000_000_000


@dataclass(frozen=True)
class Ground:
    """Where the sides stand.

    Attributes:
        sandbox: the dev stack, of which the sides take instances and declaration; its own registries idle.
        data: a folder for what registries store.
    """

    sandbox: Sandbox
    s3: S3
    clients: Clients
    data: Path


@contextmanager
def ground(report: Report) -> Iterator[Ground]:
    """Everything the sides need, until the end."""
    with ExitStack() as exits:
        own = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        data = Path(exits.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=data_folder())))
        # Registries run as another user; their own folders in it are closed to others.
        data.chmod(0o711)
        if data.parent == MEMORY:
            with report.step("touch the memory"):
                _touch(data / "touched")
        s3.program(report.notice)
        started = exits.enter_context(sandbox(Options(PROJECT, "dev", own, instances=_INSTANCES), report))
        storage = exits.enter_context(s3.serving(data / "s3", started.stack.region))
        yield Ground(started, storage, exits.enter_context(clients(_CLIENTS)), data)


def _touch(file: Path) -> None:
    """A virtual machine gets its memory when it first writes to it, which takes longer than what is measured: whoever
    comes first would pay for all others."""
    part = bytes(1 << 20)
    with file.open("wb") as written:
        for _ in range(_TOUCHED_BYTES // len(part)):
            written.write(part)
    file.unlink()


def data_folder() -> Path:
    """In memory, where there is room: a disk would be measured instead of a registry. Else where temporary files go."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage(MEMORY).free >= _NEEDED_BYTES and _takes_attributes(MEMORY):
            return MEMORY
    return Path(tempfile.gettempdir())


def _takes_attributes(folder: Path) -> bool:
    """versitygw keeps what S3 knows of an object in extended attributes."""
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        try:
            os.setxattr(probe.name, "user.bench", b"1")
        except OSError:
            return False
    return True
