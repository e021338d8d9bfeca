"""Containers in Docker Engine, created like the ECS agent creates them."""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import docker
from docker.errors import APIError
from docker.models.containers import Container as EngineContainer
from docker.types import Ulimit

from sandbox.aws.emulator import AwsApi
from sandbox.ecs import docker_engine, docker_image, overrides
from sandbox.ecs.agent import Container
from sandbox.ecs.runtime import RunningContainer
from sandbox.errors import SandboxError
from sandbox.machine import programs
from sandbox.machine.processes import free_port, running

_LEAST_CPU_SHARES = 2  # the agent's minimum


@dataclass(frozen=True)
class DockerRuntime:
    """Runs containers in Docker Engine, by `client`. See `sandbox.ecs.runtime.Runtime`."""

    client: docker.DockerClient
    network: str
    s3: AwsApi
    notice: Callable[[str], None]
    host: str = docker_engine.GATEWAY

    @contextmanager
    def running(
        self, container: Container, *, role: Mapping[str, str], address: str, folder: Path
    ) -> Iterator[RunningContainer]:
        image = docker_image.provide(self.client, container, self.notice)
        changed = overrides.environment(container, s3=self.s3, role=role, listen=None)
        made = self.client.containers.create(
            image,
            entrypoint=list(container.entry_point) or None,
            command=list(container.command) or None,
            user=overrides.user(container.user) or None,
            environment={**container.environment, **changed},
            read_only=container.read_only_root,
            privileged=container.privileged,
            cap_drop=list(container.capabilities_dropped),
            security_opt=list(container.security_options),
            cpu_shares=max(container.cpu, _LEAST_CPU_SHARES),
            mem_limit=f"{container.memory}m" if container.memory else None,
            mem_reservation=f"{container.memory_reservation}m" if container.memory_reservation else None,
            ulimits=[
                Ulimit(name=name, soft=soft, hard=hard)
                for name, (soft, hard) in overrides.ulimits(container.ulimits).items()
            ],
            # Bind mounts, like the agent's: the engine creates a missing folder as an empty one.
            volumes=[f"{m.source}:{m.target}{':ro' if m.read_only else ''}" for m in container.mounts],
            tmpfs={each.target: ",".join([f"size={each.size}m", *each.options]) for each in container.tmpfs},
            # Without the log driver: there is no CloudWatch, and the engine's default log can be read.
            network=self.network,
            ports={f"{container.port}/tcp": (address, 0)},  # 0 is a free port
        )
        try:
            _start(made, address)
            yield RunningContainer(
                address,
                _published_port(made, container.port),
                made.attrs["NetworkSettings"]["Networks"][self.network]["IPAddress"],
                str(made.id),
                container,
                lambda: made.logs().decode(),
                exit_status=lambda: _exit_status(made),
            )
        finally:
            made.stop(timeout=container.stop_timeout)
            made.remove(v=True, force=True)


@contextmanager
def docker_runtime(s3: AwsApi, folder: Path, notice: Callable[[str], None]) -> Iterator[DockerRuntime]:
    """Use Docker Engine with the sandbox's own network, until the end of the block."""
    with (
        docker_engine.engine(folder / "dockerd.log") as client,
        docker_engine.network(client) as network,
        _forwarded(s3, folder) as reachable,
    ):
        yield DockerRuntime(client, cast(str, network.name), reachable, notice)


@contextmanager
def _forwarded(s3: AwsApi, folder: Path) -> Iterator[AwsApi]:
    """Forward the emulated AWS API to the bridge: containers cannot reach this machine's loopback."""
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
    server api {urllib.parse.urlsplit(s3.url).netloc}
""")
    argv = [programs.require(["haproxy"])["haproxy"], "-db", "-f", str(config)]
    with running(argv, env={}, log=folder / "s3-forwarder.log"):
        yield dataclasses.replace(s3, url=f"http://{docker_engine.GATEWAY}:{port}")


def _start(made: EngineContainer, address: str) -> None:
    try:
        made.start()
    except APIError as error:
        raise SandboxError(f"Docker cannot start the container on {address}: {error.explanation}") from error


def _published_port(made: EngineContainer, port: int) -> int:
    """The port on the instance; 0 if the container has already ended."""
    made.reload()
    published = made.ports.get(f"{port}/tcp")
    return int(published[0]["HostPort"]) if published else 0


def _exit_status(made: EngineContainer) -> int | None:
    made.reload()
    return None if made.status == "running" else made.attrs["State"]["ExitCode"]
