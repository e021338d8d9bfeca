"""The registry's image in Docker Engine: pulled, or imported from the registry's program under the same name."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import docker
from docker.errors import APIError, ImageNotFound

from sandbox.ecs.agent import Container
from sandbox.ecs.runtime import IMAGE_CONFIG
from sandbox.machine import programs

_SHELL = Path("/bin/sh")


def provide(client: docker.DockerClient, container: Container, notice: Callable[[str], None]) -> str:
    """Make the container's image available to the engine, and report where it comes from.

    Returns:
        The image's name in the engine. An imported image has no digest, and its name therefore neither.
    """
    named = container.image.partition("@")[0]
    for name in (container.image, named):
        try:
            client.images.get(name)
            return name
        except ImageNotFound:
            pass
    try:
        client.images.pull(container.image)
        notice(f"pulled the image {container.image}")
        return container.image
    except APIError:
        program = programs.registry(container.major, notice)
        repository, _, tag = named.rpartition(":")
        config = programs.REGISTRIES[container.major].config_path
        client.api.import_image_from_data(
            _archive(program, config),
            repository=repository,
            tag=tag,
            changes=['ENTRYPOINT ["/bin/registry"]', f'CMD ["serve", "{config}"]', "VOLUME /var/lib/registry"],
        )
        notice(f"could not pull the image {container.image}; imported it from {program}")
        return named


def _archive(program: Path, config: str) -> bytes:
    """Make the archive of a root file system with the program, a shell, their shared libraries and the config file."""
    binaries = {"/bin/registry": program, "/bin/sh": _SHELL}
    files = {config: IMAGE_CONFIG.encode(), **{path: file.read_bytes() for path, file in binaries.items()}}
    files |= {library: Path(library).read_bytes() for file in binaries.values() for library in _libraries(file)}
    folders = {folder for file in files for folder in Path(file).parents}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        # The engine creates unlisted folders with access for root only.
        for folder in sorted(folders):
            entry = tarfile.TarInfo(f".{folder}")
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for file, content in files.items():
            entry = tarfile.TarInfo(f".{file}")
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _libraries(program: Path) -> list[str]:
    """The shared libraries of a program. For a static program, ldd fails and prints none."""
    output = subprocess.run(["ldd", str(program)], capture_output=True, text=True).stdout  # noqa: S607
    return re.findall(r"(/\S+) \(0x", output)
