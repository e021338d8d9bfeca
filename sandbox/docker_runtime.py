"""Containers in Docker Engine, created as the ECS agent creates them on a container instance."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import docker
from docker.errors import APIError
from docker.models.containers import Container as EngineContainer
from docker.types import Mount, Ulimit

from sandbox import docker_engine, docker_image, overrides, programs
from sandbox.agent import Container
from sandbox.containers import RunningContainer
from sandbox.errors import SandboxError
from sandbox.processes import free_port, running, serves_tls, wait_until

_START_SECONDS = 20


@dataclass(frozen=True)
class DockerRuntime:
    """Runs containers in an engine; `client` is its own. See `containers.Runtime`."""

    client: docker.DockerClient
    network: str
    s3_url: str
    notice: Callable[[str], None]
    host: str = docker_engine.GATEWAY

    @contextmanager
    def running(
        self, container: Container, *, credentials_url: str | None, address: str, folder: Path
    ) -> Iterator[RunningContainer]:
        docker_image.provide(self.client, container, self.notice)
        changed = overrides.environment(
            major=container.major, s3_url=self.s3_url, credentials_url=credentials_url, listen=None
        )
        made = self.client.containers.create(
            container.image,
            user=overrides.user(container.user) or None,
            environment={**container.environment, **changed},
            read_only=container.read_only_root,
            privileged=container.privileged,
            cap_drop=list(container.capabilities_dropped),
            security_opt=list(container.security_options),
            mem_reservation=f"{container.memory_reservation}m" if container.memory_reservation else None,
            ulimits=[
                Ulimit(name=name, soft=soft, hard=hard)
                for name, (soft, hard) in overrides.ulimits(container.ulimits).items()
            ],
            mounts=[Mount(m.target, str(m.source), type="bind", read_only=m.read_only) for m in container.mounts],
            # The log's driver is left out: CloudWatch is not here, and the engine's own log can be read.
            network=self.network,
            ports={f"{container.port}/tcp": (address, 0)},  # port 0 is a free one
        )
        try:
            _start(made, address)
            port = _published_port(made, container.port)
            wait_until(lambda: _serves(made, address, port), f"the container on {address}", seconds=_START_SECONDS)
            yield RunningContainer(address, port, str(made.id), lambda: made.logs().decode())
        finally:
            made.stop(timeout=container.stop_timeout)
            made.remove(v=True, force=True)


@contextmanager
def docker_runtime(s3_url: str, folder: Path, notice: Callable[[str], None]) -> Iterator[DockerRuntime]:
    """Docker Engine with a network of the sandbox's own; what was started for it is stopped at the end."""
    with (
        docker_engine.engine(folder / "dockerd.log") as client,
        docker_engine.network(client) as network,
        _forwarded(s3_url, folder) as reachable_url,
    ):
        yield DockerRuntime(client, cast(str, network.name), reachable_url, notice)


@contextmanager
def _forwarded(url: str, folder: Path) -> Iterator[str]:
    """The same service at the containers' side of the bridge: this machine's loopback is not theirs."""
    port = free_port(docker_engine.GATEWAY)
    config = folder / "s3-forwarder.cfg"
    config.write_text(f"""\
defaults
    mode tcp
    timeout connect 5s
    timeout client 900s
    timeout server 900s
listen s3
    bind {docker_engine.GATEWAY}:{port}
    server api {urllib.parse.urlsplit(url).netloc}
""")
    argv = [programs.require(["haproxy"])["haproxy"], "-db", "-f", str(config)]
    with running(argv, env={}, log=folder / "s3-forwarder.log"):
        yield f"http://{docker_engine.GATEWAY}:{port}"


def _start(made: EngineContainer, address: str) -> None:
    try:
        made.start()
    except APIError as error:
        raise SandboxError(f"Docker does not start the container on {address}: {error.explanation}") from error


def _published_port(made: EngineContainer, port: int) -> int:
    made.reload()
    published = made.ports[f"{port}/tcp"]
    if not published:
        raise SandboxError(f"Docker did not publish port {port} of the container {made.short_id}")
    return int(published[0]["HostPort"])


def _serves(made: EngineContainer, address: str, port: int) -> bool:
    made.reload()
    if made.status != "running":
        raise SandboxError(f"the container on {address} ended by itself; it said\n{made.logs(tail=12).decode()}")
    return serves_tls(address, port)
