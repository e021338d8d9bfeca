"""The AWS API on this machine: a moto server on loopback."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sandbox.machine import processes

_HOST = "127.0.0.1"
_START_SECONDS = 30


@dataclass(frozen=True)
class Keys:
    """An access key of the sandbox's AWS API. It opens nothing anywhere else."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def random(cls) -> Keys:
        """A new one, with an id as AWS gives them: AKIA and 16 capitals and digits."""
        return cls(f"AKIA{base64.b32encode(secrets.token_bytes(10)).decode()}", secrets.token_urlsafe(30))

    def environment(self) -> dict[str, str]:
        """The variables in which AWS's programs look for them."""
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}


@dataclass(frozen=True)
class AwsApi:
    """A running AWS API, and the keys that requests to it must be signed with."""

    url: str
    keys: Keys

    def client(self, service: str, region: str) -> Any:
        """A boto3 client, whatever the environment says of the real AWS."""
        return boto3.client(
            service,  # pyright: ignore[reportArgumentType]  (boto3 knows its services by overloads)
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=self.keys.id,
            aws_secret_access_key=self.keys.secret,
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )

    def environment(self, region: str) -> dict[str, str]:
        """What makes a program its client, and keeps it away from the real AWS: an empty value counts as none."""
        return {
            **self.keys.environment(),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CA_BUNDLE": "",
            "AWS_PROFILE": "",
            "AWS_SESSION_TOKEN": "",
        }


@contextmanager
def running(*, log: Path) -> Iterator[AwsApi]:
    """An empty account on a free port, with keys of its own, until the end.

    Args:
        log: gets a line for each request; they hold no bodies.

    Raises:
        SandboxError: it did not start.
    """
    port, keys = processes.free_port(_HOST), Keys.random()
    argv = [sys.executable, "-m", "sandbox.aws.moto_server", _HOST, str(port)]
    # The package is found from any folder.
    env = {**os.environ, **keys.environment(), "PYTHONPATH": str(Path(__file__).parents[2])}
    with processes.running(argv, log=log, env=env) as process:
        processes.wait_until(lambda: _answers(port), "the AWS API", seconds=_START_SECONDS, process=process, log=log)
        yield AwsApi(f"http://{_HOST}:{port}", keys)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0
