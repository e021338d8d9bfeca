"""What the sandbox wants of a container runtime. There are two: bubblewrap and Docker Engine."""

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

# What the image's own config file sets in both major versions (distribution, cmd/registry/config-example.yml), less its
# passwords. The environment overrides it.
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
    """A container that was started. Whether it serves, the load balancer's health checks find out.

    Attributes:
        address: the instance's.
        port: where the container's port is reached there.
        id: the runtime's.
        output: what the container has printed so far.
        ended: whether it has stopped by itself.
    """

    address: str
    port: int
    id: str
    output: Callable[[], str]
    ended: Callable[[], bool]


class Runtime(Protocol):
    """Runs containers as the ECS agent would have them run.

    Attributes:
        host: the address of this machine at which containers reach it.
    """

    @property
    def host(self) -> str: ...

    def running(
        self, container: Container, *, role: Mapping[str, str], address: str, folder: Path
    ) -> AbstractContextManager[RunningContainer]:
        """A container on an instance's address, once it is started, which ECS calls RUNNING; stopped at the end.

        Args:
            role: the environment by which it gets its role's keys; empty without a role.
            folder: for its files.

        Raises:
            SandboxError: it did not start.
        """
        ...


def wait_until_serving(container: RunningContainer) -> None:
    """Wait until a container answers TLS.

    Raises:
        SandboxError: it has ended, or does not answer within 20 s. The text ends with what it printed last.
    """
    what = f"the container on {container.address}"
    try:
        wait_until(
            lambda: container.ended() or serves_tls(container.address, container.port), what, seconds=_SERVING_SECONDS
        )
    except SandboxError as error:
        raise SandboxError(f"{error}{_last_lines(container)}") from None
    if container.ended():
        raise SandboxError(f"{what} ended by itself{_last_lines(container)}")


def _last_lines(container: RunningContainer) -> str:
    return "".join(f"\n    {line}" for line in container.output().splitlines()[-12:])
