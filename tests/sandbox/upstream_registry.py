"""An upstream registry for a pull-through cache: one image, for clients with a token, with or without a login."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.machine.http_server import Handler, serving_in_thread
from tests.sandbox.https import authorization

_TOKEN = "made-up-token"


@dataclass
class UpstreamRegistry:
    """A running upstream registry.

    Attributes:
        image: the folder with the image.
        login: the user and password that get a token. None: everyone gets one, as from Docker Hub.
        url: its address.
        token_url: the address that it names for tokens.
        token_users: the users that got a token; "" without a login.
        sent_blobs: the digests of the layers and configs that it sent.
    """

    image: Path
    login: tuple[str, str] | None
    url: str = ""
    token_url: str = ""
    token_users: list[str] = field(default_factory=list)
    sent_blobs: list[str] = field(default_factory=list)


@contextmanager
def upstream_registry(image: Path, login: tuple[str, str] | None) -> Iterator[UpstreamRegistry]:
    """Serve the image of an OCI image layout, under any repository's name, until the end of the block."""
    upstream = UpstreamRegistry(image, login)
    with _serving(upstream, "127.0.0.1") as url:
        upstream.url, upstream.token_url = url, f"{url}/token"
        yield upstream


@contextmanager
def with_tokens_elsewhere(upstream: UpstreamRegistry) -> Iterator[None]:
    """Have tokens issued at another address until the end of the block."""
    own = upstream.token_url
    with _serving(upstream, "127.0.0.2") as url:
        upstream.token_url = f"{url}/token"
        yield
    upstream.token_url = own


@contextmanager
def _serving(upstream: UpstreamRegistry, address: str) -> Iterator[str]:
    server = ThreadingHTTPServer((address, 0), partial(_UpstreamHandler, upstream))
    with serving_in_thread(server):
        yield f"http://{address}:{server.server_port}"


class _UpstreamHandler(Handler):
    protocol_version = "HTTP/1.1"

    def __init__(
        self, upstream: UpstreamRegistry, request: socket.socket, client: tuple[str, int], server: ThreadingHTTPServer
    ) -> None:
        self._upstream = upstream
        super().__init__(request, client, server)  # handles the whole connection

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/token":
            self._send_token()
        elif self.headers["Authorization"] != f"Bearer {_TOKEN}":
            realm = f'Bearer realm="{self._upstream.token_url}",service="upstream"'
            self._send(401, b"", {"WWW-Authenticate": realm})
        elif path == "/v2/":
            self._send(200, b"{}")
        else:
            *_, kind, reference = path.split("/")
            self._send_content(kind, reference)

    do_HEAD = do_GET

    def _send_token(self) -> None:
        login = self._upstream.login
        if self.headers["Authorization"] != (authorization(login)["Authorization"] if login else None):
            self._send(401, b"")
            return
        self._upstream.token_users.append(login[0] if login else "")
        self._send(200, json.dumps({"token": _TOKEN, "access_token": _TOKEN, "expires_in": 300}).encode())

    def _send_content(self, kind: str, reference: str) -> None:
        image = self._upstream.image
        (manifest,) = json.loads((image / "index.json").read_text())["manifests"]
        digest = reference if reference.startswith("sha256:") else manifest["digest"]
        type_ = manifest["mediaType"] if kind == "manifests" else "application/octet-stream"
        if kind == "blobs" and self.command == "GET":
            self._upstream.sent_blobs.append(digest)
        content = (image / "blobs" / "sha256" / digest.partition(":")[2]).read_bytes()
        self._send(200, content, {"Content-Type": type_, "Docker-Content-Digest": digest})

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.answer(status, content, {**(headers or {}), "Docker-Distribution-Api-Version": "registry/2.0"})
