"""The clients' processes, and what they are told to do."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.client import Target
from bench.images import Image
from sandbox.errors import SandboxError


@dataclass(frozen=True)
class Done:
    """How some clients' work went.

    Attributes:
        seconds: until the last one had ended.
        cpu: the clients' own processor time, in seconds.
        size: the bytes of image data.
    """

    seconds: float
    cpu: float
    size: int


class Clients:
    """Processes that wait for work."""

    def __init__(self, processes: list[subprocess.Popen[str]]) -> None:
        self._processes = processes

    def push(self, target: Target, image: Image) -> Done:
        """One client pushes."""
        return self._all(1, {"do": "push", "target": target.fields(), "image": image.fields()})

    def pull(self, target: Target, image: Image, *, at_once: int = 1, verify: bool = False) -> Done:
        """Each of so many clients pulls all of it, at once."""
        command = {"do": "pull", "target": target.fields(), "image": image.fields(), "verify": verify}
        done = self._all(at_once, command)
        if done.size != image.size * at_once:
            raise SandboxError(f"{done.size} bytes were pulled of {at_once} x {image.size}")
        return done

    def _all(self, count: int, command: dict[str, Any]) -> Done:
        line = f"{json.dumps(command)}\n"
        start = time.perf_counter()
        for process in self._processes[:count]:
            assert process.stdin
            process.stdin.write(line)
            process.stdin.flush()
        answers = []
        for process in self._processes[:count]:
            assert process.stdout
            answers.append(json.loads(process.stdout.readline() or '{"error": "the client has ended"}'))
        seconds = time.perf_counter() - start
        if errors := [answer["error"] for answer in answers if "error" in answer]:
            raise SandboxError(f"a client: {errors[0]}")
        return Done(seconds, sum(a["cpu"] for a in answers), sum(a["bytes"] for a in answers))


@contextmanager
def clients(count: int) -> Iterator[Clients]:
    """So many clients, until the end."""
    argv = [sys.executable, "-m", "bench.client"]
    project = Path(__file__).parents[1]
    processes: list[subprocess.Popen[str]] = []
    try:
        for _ in range(count):
            pipe = subprocess.PIPE
            processes.append(subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, cwd=project))
        yield Clients(processes)
    finally:
        for process in processes:
            assert process.stdin
            process.stdin.close()  # at which it ends
        for process in processes:
            process.wait()
