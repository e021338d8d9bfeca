"""The AWS API on this machine: a moto server on loopback."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox import processes
from sandbox.account import CREDENTIALS

_HOST = "127.0.0.1"
_START_SECONDS = 30


@dataclass(frozen=True)
class AwsApi:
    """A running AWS API."""

    url: str

    def environment(self, region: str) -> dict[str, str]:
        """What makes a program its client, and keeps it away from the real AWS: an empty value counts as none."""
        return {
            **CREDENTIALS,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CA_BUNDLE": "",
            "AWS_PROFILE": "",
            "AWS_SESSION_TOKEN": "",
        }


@contextmanager
def running(*, log: Path) -> Iterator[AwsApi]:
    """An empty account on a free port, until the end.

    Args:
        log: gets a line for each request; they hold no bodies.

    Raises:
        SandboxError: it did not start.
    """
    port = processes.free_port(_HOST)
    argv = [sys.executable, "-m", "sandbox.moto_server", _HOST, str(port)]
    # The package is found from any folder.
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with processes.running(argv, log=log, env=env) as process:
        processes.wait_until(lambda: _answers(port), "the AWS API", seconds=_START_SECONDS, process=process, log=log)
        yield AwsApi(f"http://{_HOST}:{port}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0
