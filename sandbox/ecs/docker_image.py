"""The registry's image in an engine: pulled, or imported from the registry's program under the same name."""

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
from sandbox.ecs.containers import IMAGE_CONFIG
from sandbox.machine import programs

# Where the official images have their config file, by major version.
_CONFIG_PATHS = {2: "/etc/docker/registry/config.yml", 3: "/etc/distribution/config.yml"}


def provide(client: docker.DockerClient, container: Container, notice: Callable[[str], None]) -> None:
    """Puts the container's image into the engine and says where it came from."""
    try:
        client.images.get(container.image)
        return
    except ImageNotFound:
        pass
    try:
        client.images.pull(container.image)
        notice(f"the image {container.image} was pulled")
    except APIError:
        program = programs.registry(container.major, notice)
        repository, _, tag = container.image.partition("@")[0].rpartition(":")
        config = _CONFIG_PATHS[container.major]
        client.api.import_image_from_data(
            _archive(program, config),
            repository=repository,
            tag=tag,
            changes=['ENTRYPOINT ["/bin/registry"]', f'CMD ["serve", "{config}"]', "VOLUME /var/lib/registry"],
        )
        notice(f"the image {container.image} could not be pulled; it was imported from {program}")


def _archive(program: Path, config: str) -> bytes:
    """A root file system with the program, the libraries that it loads, and its config file."""
    files = {"/bin/registry": program.read_bytes(), config: IMAGE_CONFIG.encode()}
    files |= {library: Path(library).read_bytes() for library in _libraries(program)}
    folders = {folder for file in files for folder in Path(file).parents}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        # The engine makes folders that are not listed for root alone.
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
    """Debian's build loads libc; a static one loads nothing, and ldd says so by its status."""
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True).stdout
    return re.findall(r"(/\S+) \(0x", told)
