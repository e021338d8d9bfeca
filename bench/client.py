"""A docker client that costs little: a process of its own, which pushes and pulls as it is told.

It reads a command per line of stdin and answers in a line of stdout. It does what docker does in the order in which
docker does it: 5 layers at once up, 3 at once down, new connections for each push or pull. It computes no digests
unless it is told to, and keeps nothing of what it downloads.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlsplit

from bench.images import MANIFEST, MB, Image, Layer

_UPLOADS, _DOWNLOADS = 5, 3  # docker's max-concurrent-uploads and -downloads
_SECONDS = 120


class Unexpected(Exception):
    """The registry's answer is not the one to a request that is right."""


@dataclass(frozen=True)
class Target:
    """Where a registry is, and how to speak to it.

    Attributes:
        host: the name that its certificate is verified for; "" for a registry without TLS.
        certificate: which to trust, PEM; "" for any.
        authorization: the header's value; "" for none.
    """

    address: str
    port: int
    host: str = ""
    certificate: str = ""
    authorization: str = ""

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is not yet open."""
        if not self.host:
            return http.client.HTTPConnection(self.address, self.port, timeout=_SECONDS)
        # Without the machine's own authorities, whose loading would take longer than a pull.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.certificate:
            context.load_verify_locations(cadata=self.certificate)
        else:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return _Named(self.address, self.port, self.host, context)

    def fields(self) -> dict[str, Any]:
        """For its constructor."""
        return asdict(self)


class _Named(http.client.HTTPSConnection):
    """To an address, whose certificate is verified for a name."""

    def __init__(self, address: str, port: int, name: str, context: ssl.SSLContext) -> None:
        super().__init__(address, port, timeout=_SECONDS, context=context)
        self._name, self._verifying = name, context

    def connect(self) -> None:
        plain = socket.create_connection((self.host, self.port), timeout=_SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._verifying.wrap_socket(plain, server_hostname=self._name)


class _Session:
    """One connection to the registry and one to where it redirects, kept from request to request."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._registry = target.connect()
        self._headers = {"Host": target.host or target.address}
        if target.authorization:
            self._headers["Authorization"] = target.authorization
        self._storage: http.client.HTTPConnection | None = None
        self._buffer = memoryview(bytearray(MB))

    def close(self) -> None:
        self._registry.close()
        if self._storage:
            self._storage.close()

    def push(self, layer: Layer, repository: str) -> None:
        """As skopeo and docker do it: is it there? If not, begin, send, end."""
        where = f"/v2/{repository}/blobs"
        if self._ask("HEAD", f"{where}/{layer.digest}", 200, 307, 404).status != 404:
            return
        begun = self._ask("POST", f"{where}/uploads/", 202, headers={"Content-Length": "0"})
        length = {"Content-Length": str(layer.size), "Content-Type": "application/octet-stream"}
        sent = self._ask("PATCH", _path(begun), 202, body=layer.parts(), headers=length)
        separator = "&" if "?" in _path(sent) else "?"
        end = f"{_path(sent)}{separator}digest={layer.digest}"
        self._ask("PUT", end, 201, headers={"Content-Length": "0"})

    def push_manifest(self, image: Image) -> None:
        headers = {"Content-Type": MANIFEST, "Content-Length": str(len(image.manifest))}
        self._ask("PUT", f"/v2/{image.repository}/manifests/1", 201, body=[memoryview(image.manifest)], headers=headers)

    def pull_manifest(self, repository: str) -> list[str]:
        """The digests of the blobs in it."""
        answer = self._send("GET", f"/v2/{repository}/manifests/1", headers={"Accept": MANIFEST})
        manifest = json.loads(answer.read())
        if answer.status != 200:
            raise Unexpected(f"GET the manifest: {answer.status}")
        return [blob["digest"] for blob in (manifest["config"], *manifest["layers"])]

    def pull(self, digest: str, repository: str, verify: bool) -> int:
        """The size of a blob."""
        answer = self._send("GET", f"/v2/{repository}/blobs/{digest}")
        if answer.status == 307:
            location = urlsplit(answer.headers["Location"])
            answer.read()
            if self._storage is None:
                self._storage = http.client.HTTPConnection(location.hostname or "", location.port, timeout=_SECONDS)
            self._storage.request("GET", f"{location.path}?{location.query}")
            answer = self._storage.getresponse()
        if answer.status != 200:
            raise Unexpected(f"GET {digest}: {answer.status} {answer.read()[:500]!r}")
        size, hashed = 0, hashlib.sha256()
        while count := answer.readinto(self._buffer):
            size += count
            if verify:
                hashed.update(self._buffer[:count])
        if verify and f"sha256:{hashed.hexdigest()}" != digest:
            raise Unexpected(f"{digest} came back as another one")
        return size

    def _ask(
        self,
        method: str,
        path: str,
        *expected: int,
        body: Iterable[memoryview] = (),
        headers: dict[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        answer = self._send(method, path, body, headers)
        content = answer.read()
        if answer.status not in expected:
            raise Unexpected(f"{method} {path.partition('?')[0]}: {answer.status} {content[:500]!r}")
        return answer

    def _send(
        self, method: str, path: str, body: Iterable[memoryview] = (), headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        connection = self._registry
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**self._headers, **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for part in body:
            connection.send(part)
        return connection.getresponse()


def _path(answer: http.client.HTTPResponse) -> str:
    """Where to go on, at the same registry."""
    location = urlsplit(answer.headers["Location"])
    return f"{location.path}?{location.query}" if location.query else location.path


def push(target: Target, image: Image) -> int:
    """Pushes all of it; the number of bytes."""
    _each(target, _UPLOADS, image.layers, lambda session, layer: session.push(layer, image.repository))
    _each(target, 1, [image], _Session.push_manifest)
    return image.size


def pull(target: Target, image: Image, verify: bool) -> int:
    """Pulls all of it; the number of bytes.

    Args:
        verify: whether the digests are computed and compared.
    """
    session = _Session(target)
    try:
        digests = session.pull_manifest(image.repository)
    finally:
        session.close()
    sizes = _each(target, _DOWNLOADS, digests, lambda session, name: session.pull(name, image.repository, verify))
    return sum(sizes)


def _each(target: Target, at_once: int, items: Iterable[Any], do: Callable[[_Session, Any], Any]) -> list[Any]:
    """Does it with each item, on so many connections."""
    waiting: SimpleQueue[Any] = SimpleQueue()
    for item in items:
        waiting.put(item)
    with ThreadPoolExecutor(at_once) as pool:
        lines = [pool.submit(_line, target, waiting, do) for _ in range(min(at_once, waiting.qsize()))]
        return [result for line in lines for result in line.result()]


def _line(target: Target, waiting: SimpleQueue[Any], do: Callable[[_Session, Any], Any]) -> list[Any]:
    session, results = _Session(target), []
    try:
        while True:
            results.append(do(session, waiting.get_nowait()))
    except Empty:
        return results
    finally:
        session.close()


def _obey(command: dict[str, Any]) -> dict[str, Any]:
    target, image = Target(**command["target"]), Image.of(command["image"])
    start, cpu = time.perf_counter(), time.process_time()
    size = push(target, image) if command["do"] == "push" else pull(target, image, command["verify"])
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "bytes": size}


def _main() -> None:
    for line in sys.stdin:
        try:
            answer = _obey(json.loads(line))
        except (OSError, http.client.HTTPException, Unexpected, ValueError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main()
