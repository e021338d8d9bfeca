"""S3 on this machine: versitygw over a folder. moto, which the sandbox uses, is slower than what is measured."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.aws.emulator import AwsApi, Keys
from sandbox.machine import processes, programs

_VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.0.14"
_HOST = "127.0.0.1"
_START_SECONDS = 20


@dataclass(frozen=True)
class S3:
    """A running one.

    Attributes:
        root: a folder per bucket.
        process: its process id.
        log: has a line for each request; None if it keeps none.
    """

    api: AwsApi
    region: str
    root: Path
    process: int
    log: Path | None

    def make_bucket(self, name: str) -> Path:
        """A new bucket; returns its folder."""
        self.api.client("s3", self.region).create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.region}
        )
        return self.root / name

    def requests(self) -> int:
        """How many it has been asked so far."""
        if self.log is None:
            raise ValueError("it keeps no log")
        return len(self.log.read_text().splitlines())


def program(notice: Callable[[str], None]) -> Path:
    """versitygw's, built once."""
    return programs.go_program(_VERSITYGW, notice)


@contextmanager
def serving(folder: Path, region: str, *, logging: bool = False) -> Iterator[S3]:
    """An empty one, until the end.

    Args:
        folder: for the objects; its file system must know extended attributes.
        logging: whether each request is logged.
    """
    root, log = folder / "buckets", folder / "access.log"
    root.mkdir(parents=True)
    port, keys = processes.free_port(_HOST), Keys.random()
    argv = [str(program(lambda _: None)), "--port", f"{_HOST}:{port}", "--region", region, "--quiet"]
    argv += ["--access-log", str(log)] if logging else []
    env = {
        **os.environ,
        "ROOT_ACCESS_KEY": keys.id,
        "ROOT_SECRET_KEY": keys.secret,
    }
    with processes.running([*argv, "posix", str(root)], log=folder / "s3.log", env=env) as process:
        processes.wait_until(
            lambda: _answers(port), "S3", seconds=_START_SECONDS, process=process, log=folder / "s3.log"
        )
        yield S3(AwsApi(f"http://{_HOST}:{port}", keys), region, root, process.pid, log if logging else None)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((_HOST, port)) == 0


@contextmanager
def distant(s3: S3, folder: Path, milliseconds: int) -> Iterator[S3]:
    """The same one as if it were further away: each request waits so long before it gets there.

    Args:
        folder: new, for files.
    """
    folder.mkdir()
    delay, config, log = folder / "delay.lua", folder / "haproxy.cfg", folder / "haproxy.log"
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
    with processes.running(argv, env={}, log=log) as process:
        processes.wait_until(lambda: _answers(port), "S3's distance", seconds=_START_SECONDS, process=process, log=log)
        yield dataclasses.replace(s3, api=dataclasses.replace(s3.api, url=f"http://{_HOST}:{port}"))
