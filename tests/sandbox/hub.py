"""A hub, as far as a pull-through cache meets one: images from a folder, for who brings a token that a login gives."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

_TOKEN = "made-up-token"


@dataclass
class Hub:
    """A hub that runs.

    Attributes:
        url: its address.
        logins: who asked for a token, and got one.
        blobs: the digests of the layers and configs that it sent.
    """

    url: str
    logins: list[str] = field(default_factory=list)
    blobs: list[str] = field(default_factory=list)


@contextmanager
def hub(image: Path, *, user: str, password: str) -> Iterator[Hub]:
    """Serves the one image of an OCI layout under any repository's name, until the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    running = Hub(f"http://127.0.0.1:{server.server_port}")
    server.image, server.hub, server.login = image, running, (user, password)  # pyright: ignore[reportAttributeAccessIssue]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/token":
            self._give_token()
        elif self.headers["Authorization"] != f"Bearer {_TOKEN}":
            realm = f'Bearer realm="{self._hub.url}/token",service="hub"'
            self._answer(401, b"", {"WWW-Authenticate": realm})
        elif path == "/v2/":
            self._answer(200, b"{}")
        else:
            self._give(path.split("/")[-2], path.split("/")[-1])

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""

    @property
    def _hub(self) -> Hub:
        return self.server.hub  # pyright: ignore[reportAttributeAccessIssue]

    def _give_token(self) -> None:
        user, password = self.server.login  # pyright: ignore[reportAttributeAccessIssue]
        if self.headers["Authorization"] != "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode():
            self._answer(401, b"")
            return
        self._hub.logins.append(user)
        self._answer(200, json.dumps({"token": _TOKEN, "access_token": _TOKEN, "expires_in": 300}).encode())

    def _give(self, kind: str, name: str) -> None:
        image: Path = self.server.image  # pyright: ignore[reportAttributeAccessIssue]
        (manifest,) = json.loads((image / "index.json").read_text())["manifests"]
        digest = name if name.startswith("sha256:") else manifest["digest"]
        type_ = manifest["mediaType"] if kind == "manifests" else "application/octet-stream"
        if kind == "blobs" and self.command == "GET":
            self._hub.blobs.append(digest)
        content = (image / "blobs" / "sha256" / digest.partition(":")[2]).read_bytes()
        self._answer(200, content, {"Content-Type": type_, "Docker-Content-Digest": digest})

    def _answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)
