"""Progress of programs that take minutes: a line every few seconds.

It needs only the standard library, since the Makefile runs it before it has installed requirements.txt.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """A program that has ended, with its output."""

    status: int
    output: str


def run(
    argv: Sequence[str],
    *,
    say: Callable[[str], None],
    describe: Callable[[Sequence[str]], str],
    env: Mapping[str, str] | None = None,
    every: float = 10,
) -> Done:
    """Run a program to its end.

    Args:
        say: is called with a line about the progress.
        describe: makes that line from the program's output so far.
        env: the environment; None is this process's.
        every: the seconds between two lines.
    """
    lines: list[str] = []
    start = time.monotonic()
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", env=env
    )
    output = process.stdout
    assert output is not None

    def read() -> None:
        for line in output:
            lines.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        while reader.is_alive():
            reader.join(every)
            if reader.is_alive():
                say(f"{describe(lines)} ({time.monotonic() - start:.0f} s)")
        return Done(process.wait(), "".join(lines))
    finally:
        process.terminate()
        process.wait()


def of_pip(lines: Sequence[str]) -> str:
    """The progress of `pip install`."""
    for line in lines:
        if line.startswith("Installing collected packages: "):
            return f"installing {line.count(',') + 1} packages"
    found = sum(line.startswith("Collecting ") for line in lines)
    files = [line.split()[1] for line in lines if line.strip().startswith("Downloading ") and ".metadata" not in line]
    now = f", {len(files)} files downloaded, now {files[-1]}" if files else ""
    return f"{found} packages found{now}"


def of_go(lines: Sequence[str]) -> str:
    """The progress of `go install -v`."""
    downloads = sum(line.startswith("go: downloading ") for line in lines)
    packages = sum(not line.startswith("go: ") for line in lines)
    return f"{downloads} modules downloaded, {packages} packages compiled"
