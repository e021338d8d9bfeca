"""S3 on this machine: versitygw over a folder. moto, which the sandbox uses, is slower than the registry."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.aws.emulator import AccessKey, AwsApi
from sandbox.machine import processes, programs

_VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.0.14"
_HOST = "127.0.0.1"
_START_SECONDS = 20


@dataclass(frozen=True)
class S3:
    """A running S3 API.

    Attributes:
        root: Contains a folder per bucket.
        process: Its process id.
        log: Contains a line per request, if requests are logged.
    """

    api: AwsApi
    region: str
    root: Path
    process: int
    log: Path

    def make_bucket(self, name: str) -> Path:
        """Create a bucket and return its folder."""
        self.api.client("s3", self.region).create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.region}
        )
        return self.root / name

    def registry_environment(self) -> dict[str, str]:
        """Return the variables with which a registry uses it, and no bucket names as host names."""
        return {
            "REGISTRY_STORAGE_S3_REGIONENDPOINT": self.api.url,
            "REGISTRY_STORAGE_S3_FORCEPATHSTYLE": "true",
        }

    def requests(self) -> int:
        """Return the number of logged requests."""
        with self.log.open() as lines:
            return sum(1 for _ in lines)


def program(notice: Callable[[str], None]) -> Path:
    """Return versitygw's path; build it at the first use."""
    return programs.go_program(_VERSITYGW, notice)


@contextmanager
def serving(folder: Path, region: str, *, logging: bool = False) -> Iterator[S3]:
    """Serve an account without buckets.

    Args:
        folder: For the objects, on a file system with extended attributes.
        logging: Whether to log each request.
    """
    root, log = folder / "buckets", folder / "access.log"
    root.mkdir(parents=True)
    port, access_key = processes.free_port(_HOST), AccessKey.random()
    argv = [str(program(lambda _: None)), "--port", f"{_HOST}:{port}", "--region", region, "--quiet"]
    argv += ["--access-log", str(log)] if logging else []
    env = {**os.environ, "ROOT_ACCESS_KEY": access_key.id, "ROOT_SECRET_KEY": access_key.secret}
    with _listening([*argv, "posix", str(root)], port, folder / "s3.log", env) as process:
        yield S3(AwsApi(f"http://{_HOST}:{port}", access_key), region, root, process, log)


@contextmanager
def distant(s3: S3, folder: Path, milliseconds: int) -> Iterator[S3]:
    """Serve the same S3 with a delay before each request, by HAProxy.

    Args:
        folder: A new one, for HAProxy's files.
    """
    folder.mkdir()
    delay, config = folder / "delay.lua", folder / "haproxy.cfg"
    delay.write_text(f'core.register_action("wait", {{"http-req"}}, function() core.msleep({milliseconds}) end)\n')
    port = processes.free_port(_HOST)
    config.write_text(f"""\
global
    lua-load {delay}
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend near
    bind {_HOST}:{port}
    http-request lua.wait
    default_backend far
backend far
    server s3 {s3.api.url.removeprefix("http://")}
""")
    argv = [programs.require(["haproxy"])["haproxy"], "-db", "-f", str(config)]
    with _listening(argv, port, folder / "haproxy.log", {}):
        yield dataclasses.replace(s3, api=dataclasses.replace(s3.api, url=f"http://{_HOST}:{port}"))


@contextmanager
def _listening(argv: Sequence[str], port: int, log: Path, env: Mapping[str, str]) -> Iterator[int]:
    """Run a program and wait until it listens; yield its process id."""
    with processes.running(argv, log=log, env=env) as process:
        processes.wait_until(
            lambda: _accepts_connections(port), argv[0], seconds=_START_SECONDS, process=process, log=log
        )
        yield process.pid


def _accepts_connections(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex((_HOST, port)) == 0
