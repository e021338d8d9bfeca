"""Temporary folders for keys and passwords."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import SandboxError

# Waits until every process with the pipe's other end has ended, then removes the folder. Processes that end at the same
# time may still write or have a mount in it, so it retries for 30 s. It ignores signals of a closed terminal.
_REMOVE_AT_THE_END = """
trap '' HUP INT TERM
cat
tries=0
until rm -rf -- "$1" 2> /dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 150 ] || exit 1
  sleep 0.2
done
"""


@contextmanager
def private_folder(prefix: str) -> Iterator[tuple[Path, int]]:
    """Yield a new folder of mode 0700, which is removed at the end, also if this process is killed.

    Another process removes it when the pipe from this process closes. The pipe's descriptor is yielded too: a process
    that inherits it and outlives this one keeps the folder until it ends.

    Raises:
        SandboxError: the folder could not be removed.
    """
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    reading, writing = os.pipe()
    remover = subprocess.Popen(
        ["/bin/sh", "-c", _REMOVE_AT_THE_END, "sh", str(folder)],
        env={"PATH": "/usr/bin:/bin"},
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    os.close(reading)
    try:
        yield folder, writing
    finally:
        os.close(writing)
        if remover.wait():
            raise SandboxError(f"{folder} holds private keys and could not be removed; remove it: rm -rf {folder}")
