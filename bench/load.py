"""Requests at full speed, by h2load (nghttp2)."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sandbox.errors import SandboxError
from sandbox.machine import programs
from sandbox.random_image import MANIFEST_TYPE
from sandbox.registry_client import Endpoint

STREAMS = 16
"""The clients of `paced`."""


class _Row(NamedTuple):
    """A request in the log of h2load. Times are in microseconds (h2load(1), --log-file)."""

    start: int
    status: int
    duration: int


@dataclass(frozen=True)
class Load:
    """The answers to a number of requests.

    Attributes:
        rate: Answers per second.
        latencies: Of each request, in seconds, in ascending order.
    """

    rate: float
    latencies: tuple[float, ...]

    def percentile(self, percent: float) -> float:
        """Return the time within which this share of the requests was answered, in seconds."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))]


def load(
    endpoint: Endpoint,
    path: str,
    *,
    clients: int,
    requests: int,
    http2: bool = False,
    keep_alive: bool = True,
    status: int = 200,
) -> Load:
    """Request a path by several clients, each of which sends its next request as soon as it has an answer.

    The password or token is on h2load's command line: it is a generated one, of a registry that ends with the run.

    Args:
        requests: Of all clients together.
        http2: Whether clients speak HTTP/2 instead of HTTP/1.1.
        keep_alive: Whether each client keeps its connection.
        status: The expected one.

    Raises:
        SandboxError: A request was not answered with this status.
    """
    options = [f"--clients={clients}", *([] if http2 else ["--h1"])]
    options += [] if keep_alive else ["--header", "Connection: close"]
    return _load(_h2load(endpoint, path, options, requests=requests, status=status))


def paced(endpoint: Endpoint, path: str, *, rate: int, seconds: float, status: int = 200) -> Load:
    """Request a path at a fixed rate, whether answers arrive or not, as many independent clients do.

    Each of `STREAMS` clients sends in its own rhythm. One that still waits for an answer sends its next request late,
    so the rate of answers falls behind the wanted one when the registry cannot keep up.

    Args:
        rate: Requests per second, a multiple of `STREAMS`.
        seconds: How long.
    """
    each = rate // STREAMS

    def stream(number: int) -> list[_Row]:
        time.sleep(number / rate)  # so that the streams do not send at the same instant
        options = ["--h1", "--clients=1", f"--rps={each}"]
        return _h2load(endpoint, path, options, requests=round(each * seconds), status=status)

    with ThreadPoolExecutor(STREAMS) as pool:
        return _load([row for rows in pool.map(stream, range(STREAMS)) for row in rows])


def _h2load(endpoint: Endpoint, path: str, options: Sequence[str], *, requests: int, status: int) -> list[_Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "requests"
        argv = [programs.require(["h2load"])["h2load"], *options, f"--requests={requests}", f"--log-file={log}"]
        argv += [f"--connect-to={endpoint.address}:{endpoint.port}", "--header", f"Accept: {MANIFEST_TYPE}"]
        if authorization := endpoint.headers().get("authorization"):
            argv += ["--header", f"Authorization: {authorization}"]
        argv += [f"https://{endpoint.name}:{endpoint.port}{path}"]
        done = subprocess.run(argv, capture_output=True, text=True)
        lines = log.read_text().splitlines() if log.exists() else []
    rows = [_Row(*map(int, line.split("\t"))) for line in lines]
    wrong = sorted({row.status for row in rows} - {status})
    if done.returncode or len(rows) != requests or wrong:
        output = re.sub(r"(Basic|Bearer) \S+", r"\1 ***", done.stdout + done.stderr)
        raise SandboxError(f"h2load: {len(rows)} answers, with status {wrong}: {output[-1500:]}")
    return rows


def _load(rows: Sequence[_Row]) -> Load:
    seconds = (max(row.start + row.duration for row in rows) - min(row.start for row in rows)) / 1e6
    return Load(len(rows) / seconds, tuple(sorted(row.duration / 1e6 for row in rows)))
