"""Changes to the bootstrap bucket, such as `pulumi up` makes."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from components.pure.htpasswd import htpasswd_line
from sandbox.local import Sandbox


class Bootstrap:
    """The files in the bootstrap bucket, which the instances fetch."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._s3 = sandbox.stack.aws("s3")
        objects = sandbox.stack.declaration.all("aws:s3/bucketObjectv2:BucketObjectv2")
        (self._bucket,) = {object_.inputs["bucket"] for object_ in objects}

    @contextmanager
    def with_users(self, users: Mapping[str, str]) -> Iterator[None]:
        """Add users, given by name and password, until the end of the block."""
        lines = [
            htpasswd_line(user, password, base64.b64encode(os.urandom(16)).decode()) for user, password in users.items()
        ]
        with self.with_htpasswd(self._read("htpasswd") + "".join(f"{line}\n" for line in lines).encode()):
            yield

    @contextmanager
    def with_htpasswd(self, content: bytes) -> Iterator[None]:
        """Replace the htpasswd file until the end of the block."""
        before = self._read("htpasswd")
        self._write("htpasswd", content)
        try:
            yield
        finally:
            self._write("htpasswd", before)

    @contextmanager
    def with_backend(self, certificate: str, key: str) -> Iterator[None]:
        """Replace the backend certificate and its key, both PEM, until the end of the block."""
        new = {"domain.crt": certificate, "domain.key": key}
        before = {name: self._read(name) for name in new}
        for name, pem in new.items():
            self._write(name, pem.encode())
        try:
            yield
        finally:
            for name, content in before.items():
                self._write(name, content)

    @contextmanager
    def without(self, key: str) -> Iterator[None]:
        """Delete a file until the end of the block."""
        before = self._read(key)
        self._s3.delete_object(Bucket=self._bucket, Key=key)
        try:
            yield
        finally:
            self._write(key, before)

    def _read(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def _write(self, key: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content)
