"""Docker Engine: the one that runs, else one of the sandbox's own, and in it a network like a container instance's."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import docker
from docker.errors import APIError, DockerException
from docker.models.networks import Network
from docker.types import IPAMConfig, IPAMPool

from sandbox.ecs import credentials
from sandbox.errors import SandboxError
from sandbox.machine import bubblewrap, programs
from sandbox.machine.private_folder import private_folder
from sandbox.machine.processes import running, wait_until

# As the bridge's own address it is this machine: what listens there is reached by containers and by the client alike,
# and by nothing beyond the machine. It is one of the few addresses that the AWS SDK asks for keys without TLS.
GATEWAY = credentials.AGENT
_SUBNET = "169.254.170.0/24"
_NAME = "private-registry-sandbox"
_BRIDGE = "sandbox-docker"
_START_SECONDS = 30


@contextmanager
def engine(log: Path) -> Iterator[docker.DockerClient]:
    """A client of the engine that runs, or of one that is stopped at the end.

    Raises:
        SandboxError: none runs, and we are not root.
    """
    if running_engine := _connected(None):
        yield running_engine
        return
    if not bubblewrap.IS_ROOT:
        raise SandboxError(
            "no Docker Engine answers, and only root can start one; either start one that you may use\n"
            "    sudo apt-get install --no-install-recommends docker.io && sudo usermod -aG docker $USER\n"
            "and log in anew, or run this as root"
        )
    with _own_engine(log) as own:
        yield own


@contextmanager
def network(client: docker.DockerClient) -> Iterator[Network]:
    """A bridge whose address on this machine is `GATEWAY`; it is removed at the end.

    Raises:
        SandboxError: that address is in use.
    """
    with _alone():
        _remove_left(client)
        try:
            made = client.networks.create(
                _NAME,
                ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=_SUBNET, gateway=GATEWAY)]),
                # By name, so that a bridge which a killed engine left is used again.
                options={"com.docker.network.bridge.name": _BRIDGE},
            )
        except APIError as error:
            raise SandboxError(f"Docker cannot make a network at {_SUBNET}: {error.explanation}") from error
        try:
            yield made
        finally:
            made.remove()


@contextmanager
def _alone() -> Iterator[None]:
    """Keeps other sandboxes out: there is one such address on a machine. The lock ends with the process."""
    with socket.socket(socket.AF_UNIX) as lock:
        try:
            lock.bind(f"\0{_NAME}")
        except OSError as error:
            raise SandboxError("another sandbox runs containers in Docker Engine; one at a time can") from error
        yield


def _remove_left(client: docker.DockerClient) -> None:
    """What a sandbox that was killed left in an engine that lived on."""
    for left in client.networks.list(names=[_NAME]):
        left.reload()
        for container in left.containers:
            container.remove(v=True, force=True)
        left.remove()


@contextmanager
def _own_engine(log: Path) -> Iterator[docker.DockerClient]:
    """dockerd with socket, data and pid file of its own.

    It leaves the machine's firewall alone: published ports are forwarded by docker-proxy, and containers need no more
    of a network than the way to this machine.
    """
    env = {**os.environ, "PATH": programs.SEARCH_PATH}
    with ExitStack() as stack:
        # The folder's name must be short: a socket's path has 107 characters at most.
        folder, keeping = stack.enter_context(private_folder("sandbox-docker-"))
        address = f"unix://{folder}/docker.sock"
        argv = [programs.require(["dockerd"])["dockerd"], "--host", address, "--storage-driver", "vfs"]
        argv += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        argv += ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--bridge=none"]
        # Told to terminate, it stops its containers as well; killed, it would leave them. That takes it seconds: until
        # then it keeps its folder.
        process = stack.enter_context(running(argv, env=env, log=log, pass_fds=[keeping], when_orphaned=signal.SIGTERM))
        wait_until(
            lambda: _connected(address) is not None,
            "Docker Engine",
            seconds=_START_SECONDS,
            process=process,
            log=log,
        )
        yield docker.DockerClient(base_url=address)


def _connected(base_url: str | None) -> docker.DockerClient | None:
    """A client, if an engine answers there; None is where the environment says, or the usual place."""
    try:
        client = docker.DockerClient(base_url=base_url) if base_url else docker.from_env()
        client.ping()
    except DockerException:
        return None
    return client
