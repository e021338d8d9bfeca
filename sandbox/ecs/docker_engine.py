"""Docker Engine: the running one or the sandbox's own, with a network like that of a container instance."""

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

# The bridge's address on this machine. Containers and the client reach what listens on it, other machines do not. It is
# one of the few addresses from which AWS SDKs accept credentials without TLS.
GATEWAY = credentials.AGENT
_SUBNET = "169.254.170.0/24"
_NAME = "private-registry-sandbox"
_BRIDGE = "sandbox-docker"
_START_SECONDS = 30


@contextmanager
def engine(log: Path) -> Iterator[docker.DockerClient]:
    """Connect to the running engine, or run one until the end of the block.

    Raises:
        SandboxError: no engine runs, and this user is not root.
    """
    if running_engine := _connected(None):
        yield running_engine
        return
    if not bubblewrap.IS_ROOT:
        raise SandboxError(
            "no Docker Engine is running, and only root can start one; to start one that you may use, run\n"
            "    sudo apt-get install --no-install-recommends docker.io && sudo usermod -aG docker $USER\n"
            "and log in again, or run the sandbox as root"
        )
    with _own_engine(log) as own:
        yield own


@contextmanager
def network(client: docker.DockerClient) -> Iterator[Network]:
    """Create a bridge network that has `GATEWAY` as its address on this machine, until the end of the block.

    Raises:
        SandboxError: the address is in use.
    """
    with _lock():
        _remove_leftovers(client)
        try:
            made = client.networks.create(
                _NAME,
                ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=_SUBNET, gateway=GATEWAY)]),
                # Named, so that the bridge of a killed engine is used again.
                options={"com.docker.network.bridge.name": _BRIDGE},
            )
        except APIError as error:
            raise SandboxError(f"Docker cannot create a network at {_SUBNET}: {error.explanation}") from error
        try:
            yield made
        finally:
            made.remove()


@contextmanager
def _lock() -> Iterator[None]:
    """Lock out other sandboxes, since the address exists once on a machine. The lock ends with the process."""
    with socket.socket(socket.AF_UNIX) as lock:
        try:
            lock.bind(f"\0{_NAME}")
        except OSError as error:
            raise SandboxError("another sandbox runs containers in Docker Engine; stop it first") from error
        yield


def _remove_leftovers(client: docker.DockerClient) -> None:
    """Remove what a killed sandbox left in an engine that still runs."""
    for left in client.networks.list(names=[_NAME]):
        left.reload()
        for container in left.containers:
            container.remove(v=True, force=True)
        left.remove()


@contextmanager
def _own_engine(log: Path) -> Iterator[docker.DockerClient]:
    """Run dockerd with its own socket, data and pid file.

    It does not change the machine's firewall: docker-proxy forwards published ports, and containers reach only this
    machine.
    """
    env = {**os.environ, "PATH": programs.SEARCH_PATH}
    with ExitStack() as stack:
        # A short name, since a socket's path has at most 107 characters.
        folder, keeping = stack.enter_context(private_folder("sandbox-docker-"))
        address = f"unix://{folder}/docker.sock"
        argv = [programs.require(["dockerd"])["dockerd"], "--host", address, "--storage-driver", "vfs"]
        argv += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        argv += ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--bridge=none"]
        # On SIGTERM it stops its containers, which takes seconds; after SIGKILL they would still run. It inherits the
        # pipe of the folder, which exists until it has ended.
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
    """Connect to an engine at a URL, or by the environment if it is None. Return None if no engine answers."""
    try:
        client = docker.DockerClient(base_url=base_url) if base_url else docker.from_env()
        client.ping()
    except DockerException:
        return None
    return client
