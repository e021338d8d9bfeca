"""The emulated AWS API: a moto server on loopback."""

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
class AccessKey:
    """An access key for the emulated AWS API. It is valid nowhere else."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def random(cls) -> AccessKey:
        """Make an access key with an id in AWS's format: AKIA and 16 uppercase letters and digits."""
        return cls(f"AKIA{base64.b32encode(secrets.token_bytes(10)).decode()}", secrets.token_urlsafe(30))

    def environment(self) -> dict[str, str]:
        """The environment variables with the access key, for the AWS CLI and SDKs."""
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret}


@dataclass(frozen=True)
class AwsApi:
    """A running emulator, and the access key with which requests must be signed."""

    url: str
    access_key: AccessKey

    def client(self, service: str, region: str, *, signature_version: str | None = None) -> Any:
        """Make a boto3 client. It ignores credentials, endpoints and proxies in the environment.

        Args:
            signature_version: how requests are signed. Default: botocore's choice for the service.
        """
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=self.access_key.id,
            aws_secret_access_key=self.access_key.secret,
            config=Config(signature_version=signature_version, s3={"addressing_style": "path"}, proxies={}),
        )

    def environment(self, region: str) -> dict[str, str]:
        """The environment variables that make a program use the emulator and not AWS. Empty ones count as unset."""
        return {
            **self.access_key.environment(),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CA_BUNDLE": "",
            "AWS_PROFILE": "",
            "AWS_SESSION_TOKEN": "",
        }


@contextmanager
def running(*, log: Path) -> Iterator[AwsApi]:
    """Run an emulator with an empty account, on a free port and with a new access key.

    Args:
        log: gets a line for each request, without bodies.

    Raises:
        SandboxError: the emulator did not start.
    """
    port, access_key = processes.free_port(_HOST), AccessKey.random()
    argv = [sys.executable, "-m", "sandbox.aws.moto_server", _HOST, str(port)]
    # So that Python finds this package in every working directory.
    env = {**os.environ, **access_key.environment(), "PYTHONPATH": str(Path(__file__).parents[2])}
    with processes.running(argv, log=log, env=env) as process:
        processes.wait_until(lambda: _answers(port), "the AWS API", seconds=_START_SECONDS, process=process, log=log)
        yield AwsApi(f"http://{_HOST}:{port}", access_key)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0
