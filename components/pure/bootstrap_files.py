"""The bootstrap files: objects in the bootstrap bucket, files on each instance, mounts in the container."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A folder of the instance that the registry's task mounts.

    Attributes:
        name: the volume's name in the task definition.
        host_path: the folder on the instance.
        container_path: the folder in the container.
    """

    name: str
    host_path: str
    container_path: str


@dataclass(frozen=True, kw_only=True)
class BootstrapFile:
    """A file that every instance fetches from the bootstrap bucket.

    Attributes:
        name: the object's key, which is also the file's name.
        volume: the volume that the file is in.
    """

    name: str
    volume: Volume

    @property
    def container_path(self) -> str:
        """The file's path in the container."""
        return f"{self.volume.container_path}/{self.name}"


_AUTH = Volume(name="auth", host_path="/docker-registry/auth", container_path="/auth")
_CERTS = Volume(name="certs", host_path="/docker-registry/certs", container_path="/certs")
VOLUMES = (_AUTH, _CERTS)

BACKEND_KEY = BootstrapFile(name="domain.key", volume=_CERTS)
BACKEND_CERTIFICATE = BootstrapFile(name="domain.crt", volume=_CERTS)
HTPASSWD = BootstrapFile(name="htpasswd", volume=_AUTH)
BOOTSTRAP_FILES = (BACKEND_KEY, BACKEND_CERTIFICATE, HTPASSWD)
