"""Floods of logins with a wrong password, offered at a fixed rate whether they are answered or not."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.local import Sandbox
from sandbox.machine import programs
from tests.sandbox.https import authorization

CONNECTIONS, RATE = 800, 1000
_LATE_SECONDS = 10  # until h2load, which waits for the last answers, is stopped


@dataclass
class Answers:
    """What a flood was answered.

    Attributes:
        running: whether it goes on.
        statuses: the number of answers by status, when it has ended.
    """

    running: Callable[[], bool]
    statuses: Counter[int] = field(default_factory=Counter[int])


@contextmanager
def flood(
    sandbox: Sandbox, folder: Path, *, seconds: int, path: str = "/v2/", connections: int = CONNECTIONS
) -> Iterator[Answers]:
    """Offer `RATE` logins per second of an existing user with a wrong password. The block may end earlier."""
    balancer, log = sandbox.balancer, folder / "flood.log"
    wrong = authorization((sandbox.user, "wrong"))["Authorization"]
    argv = ["timeout", str(seconds + _LATE_SECONDS)]
    argv += [programs.require(["h2load"])["h2load"], "--h1", f"--clients={connections}", f"--log-file={log}"]
    argv += [f"--duration={seconds}", "--warm-up-time=0", f"--rps={RATE / connections}"]
    argv += ["--header", f"Authorization: {wrong}", f"https://{balancer.address}:{balancer.port}{path}"]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        answers = Answers(running=lambda: process.poll() is None)
        yield answers
    # Start, status and duration of each answered request (h2load(1), --log-file).
    answers.statuses.update(int(line.split("\t")[1]) for line in log.read_text().splitlines())
