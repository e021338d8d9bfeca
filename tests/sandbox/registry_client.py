"""A docker client in few words: random images, and the registry's HTTP API for pushing and pulling them.

It connects to the load balancer's address, and verifies the certificate for the name that people would use.
"""

from __future__ import annotations

import hashlib
import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import urllib3

from sandbox.local import Sandbox

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_SECONDS = 60


class RequestFailed(Exception):
    """A request got no answer, or another one than a client can go on with.

    Attributes:
        passing: whether the same may succeed later: there was no answer, or it says that the fault is the server's.
    """

    def __init__(self, request: str, reason: str, *, passing: bool) -> None:
        super().__init__(f"{request}: {reason}")
        self.passing = passing


class Altered(Exception):
    """What came back is not what was pushed."""


@dataclass(frozen=True)
class Image:
    """An image of random bytes; its first blob is its config."""

    repository: str
    tag: str
    blobs: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def random(cls, repository: str, tag: str, *, layers: int = 2, layer_bytes: int = 20_000) -> Image:
        """A new one: no two share a layer."""
        config = b'{"id": "%s"}' % os.urandom(8).hex().encode()
        return cls(repository, tag, (config, *(os.urandom(layer_bytes) for _ in range(layers))))

    @cached_property
    def manifest(self) -> bytes:
        """As it is pushed."""
        config, *layers = (
            {"mediaType": "application/octet-stream", "digest": digest(blob), "size": len(blob)} for blob in self.blobs
        )
        return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": layers}).encode()

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"


def digest(content: bytes) -> str:
    """As the registry writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _nothing() -> None: ...


class _Unseen(str):
    """A text that pytest does not show with a failed test's arguments."""

    def __repr__(self) -> str:
        return "'***'"


class RegistryClient:
    """One run of a client: its connection is kept from request to request, and closed at its end.

    Args:
        login: user and password; the sandbox's by default.
        trusted: certificates to trust beside the load balancer's first one, PEM.
        told: is called at the begin of each request.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        login: tuple[str, str] | None = None,
        trusted: Sequence[str] = (),
        told: Callable[[], None] = _nothing,
    ) -> None:
        name = sandbox.client.registry.partition(":")[0]
        context = ssl.create_default_context(cadata="\n".join((sandbox.balancer.certificate, *trusted)))
        self._told = told
        basic = urllib3.make_headers(basic_auth=":".join(login or (sandbox.user, sandbox.password)))
        self._headers = {"Host": name, **{header: _Unseen(value) for header, value in basic.items()}}
        self._registry = urllib3.HTTPSConnectionPool(
            sandbox.balancer.address,
            sandbox.balancer.port,
            timeout=_SECONDS,
            ssl_context=context,
            server_hostname=name,
            assert_hostname=name,
        )
        self._s3 = urllib3.PoolManager(timeout=_SECONDS)

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._registry.close()
        self._s3.clear()

    def login(self) -> None:
        """Asks whether the password is right, as `docker login` does."""
        self._request("GET", "/v2/", 200)

    def push(self, image: Image, halfway: Callable[[], None] = _nothing) -> None:
        """Uploads the blobs that are missing, then the manifest. `halfway` is called within the last blob."""
        for blob in image.blobs:
            where = f"/v2/{image.repository}/blobs"
            # For what it has, it names the place in S3.
            if self._request("HEAD", f"{where}/{digest(blob)}", 200, 307, 404).status != 404:
                continue
            begun = self._request("POST", f"{where}/uploads/", 202)
            # In parts of unknown number, as docker sends it.
            body = _halves(blob, halfway if blob is image.blobs[-1] else _nothing)
            sent = self._request("PATCH", begun.headers["Location"], 202, body=body)
            self._request("PUT", f"{sent.headers['Location']}&digest={digest(blob)}", 201)
        where = f"/v2/{image.repository}/manifests/{image.tag}"
        self._request("PUT", where, 201, body=image.manifest, headers={"Content-Type": MANIFEST_TYPE})

    def pull(self, image: Image, halfway: Callable[[], None] = _nothing) -> None:
        """Downloads all of it and compares it with what was pushed. `halfway` is called between blobs.

        Raises:
            Altered: it differs.
        """
        where = f"/v2/{image.repository}/manifests/{image.tag}"
        if self._request("GET", where, 200, headers={"Accept": MANIFEST_TYPE}).data != image.manifest:
            raise Altered(f"{image}: its manifest")
        for blob in image.blobs:
            if blob is image.blobs[len(image.blobs) // 2]:
                halfway()
            if digest(self._blob(image.repository, digest(blob))) != digest(blob):
                raise Altered(f"{image}: {digest(blob)}")

    def _blob(self, repository: str, name: str) -> bytes:
        answer = self._request("GET", f"/v2/{repository}/blobs/{name}", 200, 307)
        if answer.status == 200:
            return answer.data
        # The address holds its own permission: no password goes there.
        return self._exchange(self._s3, "GET", answer.headers["Location"], f"GET {name} from S3", {200}).data

    def _request(
        self,
        method: str,
        path: str,
        *expected: int,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        # What follows an upload's path is its signed state.
        name = f"{method} {path.partition('?')[0]}"
        return self._exchange(
            self._registry, method, path, name, set(expected), body=body, headers={**self._headers, **(headers or {})}
        )

    def _exchange(
        self,
        pool: urllib3.HTTPSConnectionPool | urllib3.PoolManager,
        method: str,
        url: str,
        name: str,
        expected: set[int],
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        self._told()
        try:
            answer = pool.urlopen(method, url, body=body, headers=headers, redirect=False, retries=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise RequestFailed(name, type(error).__name__, passing=True) from error
        if answer.status not in expected:
            raise RequestFailed(name, f"status {answer.status}", passing=answer.status >= 500)
        return answer


def _halves(content: bytes, between: Callable[[], None]) -> Iterator[bytes]:
    middle = len(content) // 2
    yield content[:middle]
    between()
    yield content[middle:]
