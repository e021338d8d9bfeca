"""The interface of a container runtime. There are two: bubblewrap and Docker Engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.ecs.agent import Container
from sandbox.errors import SandboxError
from sandbox.machine.processes import serves_tls, wait_until

_SERVING_SECONDS = 20

# The config file of both major versions' images (distribution, cmd/registry/config-example.yml) without its passwords.
# Environment variables override it.
IMAGE_CONFIG = """\
version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
"""


@dataclass(frozen=True)
class RunningContainer:
    """A started container. It need not be healthy.

    Attributes:
        address: the address of its instance.
        port: the port on that address that leads to the container's port.
        source: the address from which its requests reach this machine.
        id: the runtime's id of the container.
        definition: the definition that it was started from.
        output: returns the container's output so far.
        exit_status: returns the exit status, or None while the container runs.
    """

    address: str
    port: int
    source: str
    id: str
    definition: Container
    output: Callable[[], str]
    exit_status: Callable[[], int | None]

    def ended(self) -> bool:
        """Whether the container has stopped by itself."""
        return self.exit_status() is not None


class Runtime(Protocol):
    """Runs containers like the ECS agent.

    Attributes:
        host: the address at which containers reach this machine.
    """

    @property
    def host(self) -> str: ...

    def running(
        self, container: Container, *, role: Mapping[str, str], address: str, folder: Path
    ) -> AbstractContextManager[RunningContainer]:
        """Run a container on an instance's address until the end of the block. It starts in the state RUNNING of ECS.

        Args:
            role: the variables with which the container gets the credentials of its task role; empty without a role.
            folder: for the container's files.

        Raises:
            SandboxError: the container did not start.
        """
        ...


def wait_until_serving(container: RunningContainer) -> None:
    """Wait until a container completes a TLS handshake.

    Raises:
        SandboxError: it ended, or did not answer within 20 s. The message ends with its last output.
    """
    what = f"the container on {container.address}"
    try:
        wait_until(
            lambda: container.ended() or serves_tls(container.address, container.port), what, seconds=_SERVING_SECONDS
        )
    except SandboxError as error:
        raise SandboxError(f"{error}{_last_lines(container)}") from None
    if container.ended():
        raise SandboxError(f"{what} ended{_last_lines(container)}")


def _last_lines(container: RunningContainer) -> str:
    return "".join(f"\n    {line}" for line in container.output().splitlines()[-12:])
