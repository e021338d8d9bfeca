"""What the sandbox wants of a container runtime. There are two: bubblewrap and Docker Engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sandbox.agent import Container

# The config file that the registry's image brings along, as far as the environment does not replace it.
IMAGE_CONFIG = """\
version: 0.1
log:
  fields:
    service: registry
http:
  headers:
    X-Content-Type-Options: [nosniff]
"""


@dataclass(frozen=True)
class RunningContainer:
    """A container that serves.

    Attributes:
        address: the instance's.
        port: where the container's port is reached there.
        id: the runtime's.
        output: what the container has printed so far.
    """

    address: str
    port: int
    id: str
    output: Callable[[], str]


class Runtime(Protocol):
    """Runs containers as the ECS agent would have them run.

    Attributes:
        host: the address of this machine at which containers reach it.
        s3_url: the sandbox's S3, as containers reach it.
    """

    @property
    def host(self) -> str: ...

    @property
    def s3_url(self) -> str: ...

    def running(
        self, container: Container, *, credentials_url: str | None, address: str, folder: Path
    ) -> AbstractContextManager[RunningContainer]:
        """A container on an instance's address, once it serves; it is stopped at the end.

        Args:
            credentials_url: where it gets its role's keys; None without a role.
            folder: for its files.

        Raises:
            SandboxError: it did not start.
        """
        ...
