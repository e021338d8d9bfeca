"""Requests as fast as they are answered: h2load, of nghttp2, on connections that are kept."""

from __future__ import annotations

import re
import resource
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.client import Target
from sandbox.errors import SandboxError
from sandbox.machine import programs


@dataclass(frozen=True)
class Load:
    """What came of it.

    Attributes:
        rate: answers per second.
        latencies: of each request, in seconds, in ascending order.
        cpu: h2load's own processor time, in seconds.
    """

    rate: float
    latencies: tuple[float, ...]
    cpu: float

    def percentile(self, percent: float) -> float:
        """The time within which so many of the requests were answered, in seconds."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))]


def load(
    target: Target,
    path: str,
    *,
    clients: int,
    requests: int,
    http2: bool = False,
    fresh: bool = False,
    status: int = 200,
) -> Load:
    """So many clients that ask for a path, as often in all as told, each at once when it has its answer.

    The password is on h2load's command line: it is a generated one, of a registry that ends with the run.

    Args:
        http2: whether they speak it.
        fresh: whether each request is on a new connection.
        status: what is expected; another one is an error.
    """
    scheme, name = ("https", target.host) if target.host else ("http", target.address)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        log = Path(folder) / "requests"
        argv = [programs.require(["h2load"])["h2load"], f"--clients={clients}", f"--requests={requests}"]
        argv += [f"--log-file={log}", f"--connect-to={target.address}:{target.port}"]
        argv += [] if http2 else ["--h1"]
        argv += ["--header", "Connection: close"] if fresh else []
        argv += ["--header", f"Authorization: {target.authorization}"] if target.authorization else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*argv, f"{scheme}://{name}:{target.port}{path}"], capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        rows = [line.split("\t") for line in log.read_text().splitlines()] if log.exists() else []
    wrong = sorted({row[1] for row in rows} - {str(status)})
    if done.returncode or len(rows) != requests or wrong:
        told = re.sub(r"Basic \S+", "Basic ***", done.stdout + done.stderr)
        raise SandboxError(f"h2load: {len(rows)} answers, with status {wrong}: {told[-1500:]}")
    latencies = tuple(sorted(int(row[2]) / 1e6 for row in rows))
    begun = [int(row[0]) / 1e6 for row in rows]
    seconds = max(start + int(row[2]) / 1e6 for start, row in zip(begun, rows, strict=True)) - min(begun)
    return Load(len(rows) / seconds, latencies, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
