"""Another registry than the stack's: on one machine, with files, a certificate of its own and one user."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from passlib.hash import bcrypt

from sandbox.machine import processes, programs
from sandbox.registry_client import Endpoint
from tests.sandbox.events.certificate_authority import CertificateAuthority

_ADDRESS, _NAME = "127.0.0.1", "old-registry.example.com"
_LOGIN = ("bob", "made-up password of the old registry")


@dataclass(frozen=True)
class OldRegistry:
    """A running registry.

    Attributes:
        name: "HOST:PORT", as in an image's name.
        endpoint: where it serves, with its certificate and its user.
        images: the folder with its images.
    """

    name: str
    endpoint: Endpoint
    images: Path


@contextmanager
def old_registry(folder: Path) -> Iterator[OldRegistry]:
    """Run a registry 2 until the end of the block."""
    authority, port, images = CertificateAuthority(_NAME), processes.free_port(_ADDRESS), folder / "images"
    files = {
        "tls.crt": authority.certificate(),
        "tls.key": authority.key_pem,
        "htpasswd": f"{_LOGIN[0]}:{bcrypt.using(rounds=4, ident='2y').hash(_LOGIN[1])}\n",
        # YAML is a superset of JSON.
        "config.yml": json.dumps(
            {
                "version": "0.1",
                "storage": {"filesystem": {"rootdirectory": str(images)}},
                "http": {
                    "addr": f"{_ADDRESS}:{port}",
                    "tls": {"certificate": str(folder / "tls.crt"), "key": str(folder / "tls.key")},
                },
                "auth": {"htpasswd": {"realm": "old", "path": str(folder / "htpasswd")}},
            }
        ),
    }
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_text(content)
    program, log = programs.registry(2, lambda _: None), folder / "registry.log"
    with processes.running([str(program), "serve", str(folder / "config.yml")], env={}, log=log) as process:
        serving = partial(processes.serves_tls, _ADDRESS, port)
        processes.wait_until(serving, "the old registry", seconds=10, process=process, log=log)
        yield OldRegistry(f"{_NAME}:{port}", Endpoint(_ADDRESS, port, authority.pem, _NAME, _LOGIN), images)
