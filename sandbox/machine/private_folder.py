"""Temporary folders for keys and passwords."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import SandboxError

# Reads until every writer of its input is gone, and then removes the folder. Processes that die at the same time may
# still write into it, or have something mounted there: for 30 s it tries again. A closed terminal does not end it.
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
    """A folder of mode 0700 that is gone at the end, also when this process is killed.

    A process of its own removes it, at the end of file of a pipe whose writer is this process. Yields the folder and
    the pipe's descriptor: a process that inherits it as well, and outlives this one, keeps the folder until it ends.

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
            raise SandboxError(f"{folder} holds keys and could not be removed; to remove it: rm -rf {folder}")
