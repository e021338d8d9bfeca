"""Requests at full speed, by h2load (nghttp2)."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.machine import programs
from sandbox.registry_client import Endpoint


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

    The password is on h2load's command line: it is a generated one, of a registry that ends with the run.

    Args:
        requests: Of all clients together.
        http2: Whether clients speak HTTP/2 instead of HTTP/1.1.
        keep_alive: Whether each client keeps its connection.
        status: The expected one.

    Raises:
        SandboxError: A request was not answered with this status.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "requests"
        argv = [programs.require(["h2load"])["h2load"], f"--clients={clients}", f"--requests={requests}"]
        argv += [f"--log-file={log}", f"--connect-to={endpoint.address}:{endpoint.port}"]
        argv += [] if http2 else ["--h1"]
        argv += [] if keep_alive else ["--header", "Connection: close"]
        if authorization := endpoint.headers().get("authorization"):
            argv += ["--header", f"Authorization: {authorization}"]
        argv += [f"https://{endpoint.name}:{endpoint.port}{path}"]
        done = subprocess.run(argv, capture_output=True, text=True)
        # Of each request: its start in microseconds, its status, its duration in microseconds (h2load(1), --log-file).
        rows = [list(map(int, line.split("\t"))) for line in log.read_text().splitlines()] if log.exists() else []
    wrong = sorted({row[1] for row in rows} - {status})
    if done.returncode or len(rows) != requests or wrong:
        output = re.sub(r"Basic \S+", "Basic ***", done.stdout + done.stderr)
        raise SandboxError(f"h2load: {len(rows)} answers, with status {wrong}: {output[-1500:]}")
    seconds = (max(start + duration for start, _, duration in rows) - min(row[0] for row in rows)) / 1e6
    return Load(requests / seconds, tuple(sorted(row[2] / 1e6 for row in rows)))
