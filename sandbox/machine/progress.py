"""Programs that take minutes: every few seconds a line says how far they are, on a terminal and in a log alike.

This needs the standard library alone: the Makefile installs the packages of requirements.txt with it.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Done:
    """A program that has ended, with all that it has printed."""

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
    """Runs a program to its end.

    Args:
        say: is told how far it is.
        describe: says so, by the lines that it has printed so far.
        env: None is this process's.
        every: in seconds.
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
    """How far `pip install` is."""
    for line in lines:
        if line.startswith("Installing collected packages: "):
            return f"installing {line.count(',') + 1} packages"
    found = sum(line.startswith("Collecting ") for line in lines)
    files = [line.split()[1] for line in lines if line.strip().startswith("Downloading ") and ".metadata" not in line]
    now = f", {len(files)} files downloaded, now {files[-1]}" if files else ""
    return f"{found} packages found{now}"


def of_go(lines: Sequence[str]) -> str:
    """How far `go install -v` is."""
    downloads = sum(line.startswith("go: downloading ") for line in lines)
    packages = sum(not line.startswith("go: ") for line in lines)
    return f"{downloads} modules downloaded, {packages} packages compiled"
