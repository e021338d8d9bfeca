"""Containers in bubblewrap: the registry's program with the user, mounts and environment of the definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sandbox.aws.emulator import AwsApi
from sandbox.ecs import overrides
from sandbox.ecs.agent import Container
from sandbox.ecs.runtime import IMAGE_CONFIG, RunningContainer
from sandbox.errors import SandboxError
from sandbox.machine import bubblewrap, programs
from sandbox.machine.processes import free_port

PROGRAM = "/image/bin/registry"
"""The registry in a container. The folders of the machine's programs, which a container has too, are read-only."""


class BubblewrapRuntime:
    """Runs containers in the machine's network: each listens on its instance's loopback address.

    Args:
        s3: the emulated AWS API.
        notice: is called with a message if a program must be built first.
    """

    host = "127.0.0.1"

    def __init__(self, s3: AwsApi, notice: Callable[[str], None]) -> None:
        self._s3 = s3
        self._notice = notice

    @contextmanager
    def running(
        self, container: Container, *, role: Mapping[str, str], address: str, folder: Path
    ) -> Iterator[RunningContainer]:
        program = programs.registry(container.major, self._notice)
        port = free_port(address)
        config, log = folder / "image-config.yml", folder / "registry.log"
        config.write_text(IMAGE_CONFIG)
        uid, gid = _ids(container.user)
        changed = overrides.environment(container, s3=self._s3, role=role, listen=(address, port))
        with bubblewrap.bubble(
            [*bubblewrap.user(uid, gid), *bubblewrap.system(), *_files(container, program, config)],
            [*bubblewrap.become(uid, gid), *_command(container)],
            env={"PATH": f"{Path(PROGRAM).parent}:/usr/bin:/bin", **container.environment, **changed},
            log=log,
        ) as process:
            yield RunningContainer(
                address,
                port,
                self.host,
                str(process.pid),
                container,
                log.read_text,
                exit_status=process.poll,
            )


def config_path(container: Container) -> str:
    """Where a container has the image's config file."""
    return programs.REGISTRIES[container.major].config_path


def _command(container: Container) -> tuple[str, ...]:
    """The entry point and the command. The image's own entry point executes the registry with arguments, or a program.

    Source: distribution/distribution-library-image, entrypoint.sh.
    """
    command = container.command or ("serve", config_path(container))
    if container.entry_point:
        return (*container.entry_point, *command)
    return (PROGRAM, *command) if command[0] in ("serve", "garbage-collect") else command


def _files(container: Container, program: Path, config: Path) -> list[str]:
    arguments: list[str] = []
    for source, target in ((program, PROGRAM), (config, config_path(container))):
        arguments += [*bubblewrap.parents(target), "--ro-bind", str(source), target]
    for memory in container.tmpfs:
        # Like Docker's, it can be written by all users ("tmpfs mounts", tmpfs-mode), and has no devices and no setuid.
        arguments += ["--perms", "1777", "--size", str(memory.size << 20), "--tmpfs", memory.target]
    for mount in container.mounts:
        arguments += ["--ro-bind" if mount.read_only else "--bind", str(mount.source), mount.target]
    # After all mounts: from here on, only the writable mounts can be written.
    return [*arguments, *(["--remount-ro", "/"] if container.read_only_root else [])]


def _ids(user: str) -> tuple[int, int]:
    """Parse "UID:GID". The default user of an image is root."""
    numbers = (user or "0:0").split(":")
    if len(numbers) != 2 or not all(number.isdigit() for number in numbers):
        raise SandboxError(f"the container's user is {user!r}; the sandbox needs UID:GID")
    return int(numbers[0]), int(numbers[1])
