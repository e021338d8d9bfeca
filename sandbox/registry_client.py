"""A client of the registry's HTTP API that pushes and pulls generated images, and reads any other.

It connects to an address and verifies the certificate for another name, as the load balancer's DNS name leads to AWS.
It never retries: a failed request raises an error, and the caller decides.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
from urllib3.util import parse_url

from sandbox.bearer import Tokens
from sandbox.random_image import MANIFEST_TYPE, MB, Blob, Image

if TYPE_CHECKING:
    from sandbox.local import Sandbox

_TIMEOUT_SECONDS = 60
# The registry answers 404 for a manifest of a type that the client does not accept.
_MANIFEST_TYPES = ", ".join(
    (
        MANIFEST_TYPE,
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    )
)


class RequestFailed(Exception):
    """A request got no answer, or one with an unexpected status.

    Attributes:
        reason: The status of the answer, or why there was none.
        retryable: Whether the request may succeed later: there was no answer, or its status is 500 or above.
    """

    def __init__(self, request: str, reason: str, *, retryable: bool) -> None:
        super().__init__(f"{request}: {reason}")
        self.reason = reason
        self.retryable = retryable


class Altered(Exception):
    """The registry returned other content than was pushed."""


@dataclass(frozen=True)
class Endpoint:
    """Where a registry serves, and how clients connect to it.

    Attributes:
        certificates: PEM, the certificates to trust; None for those that this machine trusts; "" for HTTP without TLS.
        name: The host name that the certificate must be for; "" for any.
        login: User and password; None for no authentication.
        token: Instead of a login, the same token for all requests.
        source: The address from which clients connect; "" for any.
    """

    address: str
    port: int
    certificates: str | None = ""
    name: str = ""
    login: tuple[str, str] | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    source: str = ""

    @classmethod
    def of(cls, sandbox: Sandbox, *, login: tuple[str, str] | None = None, trusted: Sequence[str] = ()) -> Endpoint:
        """Return the endpoint of a sandbox's load balancer.

        Args:
            login: Default: the sandbox's user and password.
            trusted: Certificates, PEM, to trust in addition to the load balancer's.
        """
        return cls(
            sandbox.balancer.address,
            sandbox.balancer.port,
            certificates="\n".join((sandbox.balancer.certificate, *trusted)),
            name=sandbox.client.registry.partition(":")[0],
            login=login or (sandbox.user, sandbox.password),
        )

    def headers(self) -> dict[str, str]:
        """Return the headers of every request."""
        authorization = urllib3.make_headers(basic_auth=":".join(self.login)) if self.login else {}
        if self.token:
            authorization = {"authorization": f"Bearer {self.token}"}
        return {"Host": self.name or self.address, **{name: _Hidden(value) for name, value in authorization.items()}}

    def connections(self, most: int) -> urllib3.HTTPConnectionPool:
        """Return a pool that keeps up to `most` connections open."""
        source = (self.source, 0) if self.source else None
        if self.certificates == "":
            return urllib3.HTTPConnectionPool(
                self.address, self.port, timeout=_TIMEOUT_SECONDS, maxsize=most, source_address=source
            )
        context = ssl.create_default_context(cadata=self.certificates)
        context.check_hostname = bool(self.name)
        return urllib3.HTTPSConnectionPool(
            self.address,
            self.port,
            timeout=_TIMEOUT_SECONDS,
            maxsize=most,
            source_address=source,
            ssl_context=context,
            server_hostname=self.name or None,
            assert_hostname=self.name or False,
        )


class _Hidden(str):
    """A text that a failed test's traceback does not show."""

    def __repr__(self) -> str:
        return "'***'"


def _nothing() -> None: ...


class RegistryClient:
    """One run of a client. It keeps its connections open until its end, and may be used by several threads.

    Args:
        connections: How many it keeps to the registry, and how many to S3.
        on_request: Called at the start of each request.
        tokens: Tokens by repository. It gets others from the registry's token service, if there is one.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        connections: int = 1,
        on_request: Callable[[], None] = _nothing,
        tokens: Mapping[str, str] | None = None,
    ) -> None:
        self._login = endpoint.headers()
        self._registry = endpoint.connections(connections)
        self._tokens = Tokens(self._ask_token_service, self._login, tokens or {})
        self._s3 = urllib3.PoolManager(timeout=_TIMEOUT_SECONDS, maxsize=connections)
        self._on_request = on_request

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._registry.close()
        self._s3.clear()

    def login(self) -> None:
        """Check the password, as `docker login` does."""
        self._request("GET", "/v2/", 200)

    def push(self, image: Image, halfway: Callable[[], None] = _nothing) -> None:
        """Upload the blobs that the registry lacks, then the manifest.

        Args:
            halfway: Called while the last blob's upload is incomplete.
        """
        for blob in image.blobs:
            self.push_blob(image.repository, blob, halfway if blob is image.blobs[-1] else _nothing)
        self.push_manifest(image)

    def pull(self, image: Image, halfway: Callable[[], None] = _nothing) -> None:
        """Download everything and compare it with what was pushed.

        Args:
            halfway: Called between two blobs.

        Raises:
            Altered: It differs.
        """
        self.pull_manifest(image)
        for blob in image.blobs:
            if blob is image.blobs[len(image.blobs) // 2]:
                halfway()
            self.pull_blob(image, blob)

    def push_blob(self, repository: str, blob: Blob, halfway: Callable[[], None] = _nothing) -> None:
        """Upload a blob, unless the registry has it."""
        path = f"/v2/{repository}/blobs"
        if self.has_blob(repository, blob.digest):
            return
        upload = self._request("POST", f"{path}/uploads/", 202)
        # Without a Content-Length, so in chunks, as docker does.
        upload = self._request("PATCH", _location(upload), 202, body=_parts(blob, halfway))
        self._request("PUT", f"{_location(upload)}&digest={blob.digest}", 201)

    def mount_blob(self, repository: str, digest: str, *, source: str) -> bool:
        """Have a blob of another repository in this one too. Return False if the registry wants it uploaded."""
        path = f"/v2/{repository}/blobs/uploads/?{urlencode({'mount': digest, 'from': source})}"
        return self._request("POST", path, 201, 202).status == 201

    def push_manifest(self, image: Image) -> None:
        headers = {"Content-Type": MANIFEST_TYPE}
        self._request("PUT", _manifest_path(image), 201, body=image.manifest, headers=headers)

    def pull_manifest(self, image: Image) -> None:
        """Download the manifest by its tag.

        Raises:
            Altered: It differs from the one that was pushed.
        """
        answer = self._request("GET", _manifest_path(image), 200, headers={"Accept": MANIFEST_TYPE})
        if answer.data != image.manifest:
            raise Altered(f"{image}: its manifest")

    def pull_blob(self, image: Image, blob: Blob, *, verify: bool = True) -> None:
        """Download a blob.

        Args:
            verify: Whether to compare the digest; the size always is.

        Raises:
            Altered: It differs.
        """
        size, hashed = 0, hashlib.sha256()
        for part in self.read_blob(image.repository, blob.digest):
            size += len(part)
            if verify:
                hashed.update(part)
        if size != blob.size or (verify and f"sha256:{hashed.hexdigest()}" != blob.digest):
            raise Altered(f"{image}: {blob.digest}")

    def repositories(self) -> Iterator[str]:
        """Yield the names of all repositories."""
        yield from self._listed("/v2/_catalog", "repositories")

    def tags(self, repository: str) -> Iterator[str]:
        """Yield the tags of a repository."""
        yield from self._listed(f"/v2/{repository}/tags/list", "tags")

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest of the manifest that a tag names."""
        path, headers = f"/v2/{repository}/manifests/{tag}", {"Accept": _MANIFEST_TYPES}
        return self._request("HEAD", path, 200, headers=headers).headers["Docker-Content-Digest"]

    def read_manifest(self, repository: str, reference: str) -> bytes:
        """Return a manifest of any type, by tag or digest."""
        path, headers = f"/v2/{repository}/manifests/{reference}", {"Accept": _MANIFEST_TYPES}
        return self._request("GET", path, 200, headers=headers).data

    def read_blob(self, repository: str, digest: str) -> Iterator[bytes]:
        """Yield the content of a blob in parts, from the registry or from where it redirects to."""
        path = f"/v2/{repository}/blobs/{digest}"
        answer = self._request("GET", path, 200, 307, preload_content=False)
        if answer.status == 307:
            answer.drain_conn()
            # The address contains its own authorization: no password goes there.
            request = f"GET {digest} from S3"
            location = answer.headers["Location"]
            answer = self._send(self._s3, "GET", location, {200}, request=request, preload_content=False)
        with _failing(f"GET {path}"):
            yield from answer.stream(MB)

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether a repository has a blob. The registry answers 307, with the address in S3, for one that it has."""
        return self._request("HEAD", f"/v2/{repository}/blobs/{digest}", 200, 307, 404).status != 404

    def _listed(self, path: str, key: str) -> Iterator[str]:
        """Yield the items of a list, which the registry answers in pages. A missing list is empty."""
        next_page: str | None = path
        while next_page:
            answer = self._request("GET", next_page, 200, 404)
            if answer.status == 404:
                return
            yield from json.loads(answer.data)[key] or ()
            link = re.match(r"<([^>]+)>", answer.headers.get("Link", ""))
            next_page = link and link[1]

    def _request(
        self, method: str, path: str, *expected: int, headers: Mapping[str, str] | None = None, **options: Any
    ) -> urllib3.BaseHTTPResponse:
        request = f"{method} {path.partition('?')[0]}"  # the query of an upload is its signed state

        def send(statuses: set[int]) -> urllib3.BaseHTTPResponse:
            options["headers"] = {**self._login, **self._tokens.headers(path), **(headers or {})}
            return self._send(self._registry, method, path, statuses, request=request, **options)

        answer = send({*expected, 401})
        if answer.status != 401:
            return answer
        answer.drain_conn()
        # A body that was generated is gone. Clients have got the token with the request before it.
        again = not isinstance(options.get("body"), Iterator)
        if not again or not self._tokens.renew(path, answer.headers.get("WWW-Authenticate", "")):
            raise RequestFailed(request, "status 401", retryable=False)
        return send(set(expected))

    def _ask_token_service(self, path: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        statuses = {200, 400, 401}
        return self._send(self._registry, "GET", path, statuses, request="GET /auth/token", headers=dict(headers))

    def _send(
        self,
        pool: urllib3.HTTPConnectionPool | urllib3.PoolManager,
        method: str,
        url: str,
        expected: set[int],
        *,
        request: str,
        **options: Any,
    ) -> urllib3.BaseHTTPResponse:
        self._on_request()
        with _failing(request):
            answer = pool.urlopen(method, url, redirect=False, retries=False, **options)
        if answer.status not in expected:
            raise RequestFailed(request, f"status {answer.status}", retryable=answer.status >= 500)
        return answer


@contextmanager
def _failing(request: str) -> Iterator[None]:
    try:
        yield
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise RequestFailed(request, type(error).__name__, retryable=True) from error


def _manifest_path(image: Image) -> str:
    return f"/v2/{image.repository}/manifests/{image.tag}"


def _location(answer: urllib3.BaseHTTPResponse) -> str:
    """Return path and query of the next request of an upload. Its state is in the query."""
    return parse_url(answer.headers["Location"]).request_uri


def _parts(blob: Blob, before_end: Callable[[], None]) -> Iterator[memoryview]:
    *parts, end = blob.parts()
    yield from parts
    before_end()
    yield end
