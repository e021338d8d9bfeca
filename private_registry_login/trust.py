"""The certificates that container clients trust for a registry."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from .address import Address
from .errors import LoginError


def trusting(address: Address) -> ssl.SSLContext:
    """Return a context that trusts the machine's authorities and the registry's own, as Docker and Podman do.

    Raises:
        LoginError: a file with certificates cannot be read.
    """
    context = ssl.create_default_context()
    for folder in _folders():
        for file in sorted((folder / str(address)).glob("*.crt")):
            try:
                context.load_verify_locations(file)
            except OSError as error:
                raise LoginError(f"the certificates in {file} cannot be read: {error}") from error
    return context


def _folders() -> Iterator[Path]:
    """Yield the folders that have a folder for each registry.

    Sources: Docker's documentation, "Verify repository client with certificates" and "Rootless mode"; Docker Desktop's,
    "How do I add TLS certificates?"; containers-certs.d(5).
    """
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for parent in (Path("/etc/docker"), Path("/etc/containers"), settings / "docker", settings / "containers"):
        yield parent / "certs.d"
    yield Path.home() / ".docker" / "certs.d"
