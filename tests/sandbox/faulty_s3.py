"""An S3 with faults: a proxy for the emulated AWS API that resets, delays or refuses requests."""

from __future__ import annotations

import dataclasses
import http.client
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from urllib.parse import urlsplit

from sandbox.aws.emulator import AwsApi
from sandbox.machine.http_server import Handler, serving_in_thread

_UPSTREAM_SECONDS = 60
_PIECE = 64 * 1024
# Headers of a connection, which a proxy does not forward.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect"}
# Amazon S3 API Reference, "Error responses".
_SLOW_DOWN = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message>\
<RequestId>0000000000000000</RequestId><HostId>faulty-s3</HostId></Error>"""


@dataclass(frozen=True)
class Fault:
    """A fault of requests.

    Attributes:
        reset: reset the connection.
        slow_down: answer 503 SlowDown.
        delay: the seconds before a request is forwarded to S3.
        held_until: the event before which no request is forwarded to S3.
        copies_only: apply the fault only to copies inside S3, such as the commit of an upload.
        deletions_only: apply the fault only to deletions.
        parts_only: apply the fault only to the parts of multipart uploads.
    """

    reset: bool = False
    slow_down: bool = False
    delay: float = 0
    held_until: threading.Event | None = None
    copies_only: bool = False
    deletions_only: bool = False
    parts_only: bool = False


@dataclass
class FaultyS3:
    """The proxy.

    Attributes:
        upstream: the address of the emulated AWS API.
        api: the emulated AWS API behind the proxy.
        fault: the current fault.
        faulty_requests: the number of requests with a fault.
        answers: the time of each answer, its status, and the seconds until its first byte. A reset is no answer.
        writes: the path of each object that was written, and whether only if it did not exist.
    """

    upstream: str
    api: AwsApi
    fault: Fault = field(default_factory=Fault)
    faulty_requests: int = 0
    answers: list[tuple[float, int, float]] = field(default_factory=list)
    writes: list[tuple[str, bool]] = field(default_factory=list)

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """Apply a fault to requests until the end of the block."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = Fault()


@contextmanager
def faulty_s3(api: AwsApi) -> Iterator[FaultyS3]:
    """Run a proxy, at first without a fault, until the end of the block."""
    s3 = FaultyS3(urlsplit(api.url).netloc, api)
    server = _Server(("127.0.0.1", 0), partial(_ProxyHandler, s3))
    s3.api = dataclasses.replace(api, url=f"http://127.0.0.1:{server.server_port}")
    with serving_in_thread(server):
        yield s3


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # clients keep connections open
    request_queue_size = 128


class _ProxyHandler(Handler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, s3: FaultyS3, request: socket.socket, client: tuple[str, int], server: _Server) -> None:
        self._s3 = s3
        super().__init__(request, client, server)  # handles the whole connection

    def handle_request(self) -> None:
        """Apply the current fault, or forward the request to S3."""
        fault = self._s3.fault
        if (
            (fault.copies_only and not self._copies())
            or (fault.deletions_only and not self._deletes())
            or (fault.parts_only and not self._writes_a_part())
        ):
            fault = Fault()
        self._s3.faulty_requests += fault != Fault()
        self._start = time.time()
        if self.command == "PUT":
            self._s3.writes.append((urlsplit(self.path).path, "If-None-Match" in self.headers))
        if fault.reset:
            self._reset()
            return
        with suppress(OSError):  # the client or S3 may close its connection at any time
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(fault.delay)
            if fault.held_until:
                fault.held_until.wait(_UPSTREAM_SECONDS)
            if fault.slow_down:
                self._send(503, [("Content-Type", "application/xml")], len(_SLOW_DOWN))
                self.wfile.write(b"" if self.command == "HEAD" else _SLOW_DOWN)
            else:
                self._forward(body)
            return
        self.close_connection = True

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = handle_request

    def _copies(self) -> bool:
        return "x-amz-copy-source" in self.headers

    def _deletes(self) -> bool:
        """Whether this is DeleteObject, or DeleteObjects with its query string "delete"."""
        return self.command == "DELETE" or (self.command == "POST" and urlsplit(self.path).query.startswith("delete"))

    def _writes_a_part(self) -> bool:
        return self.command == "PUT" and "partNumber=" in urlsplit(self.path).query and not self._copies()

    def _reset(self) -> None:
        # socket(7), SO_LINGER with a timeout of 0: closing sends RST.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _forward(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(self._s3.upstream, timeout=_UPSTREAM_SECONDS)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            upstream.request(self.command, self.path, body, headers)
            response = upstream.getresponse()
            length = response.getheader("Content-Length")
            self._send(response.status, response.getheaders(), None if length is None else int(length))
            while piece := response.read(_PIECE):
                self.wfile.write(piece)
        finally:
            upstream.close()

    def _send(self, status: int, headers: list[tuple[str, str]], length: int | None) -> None:
        now = time.time()
        self._s3.answers.append((now, status, now - self._start))
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        elif status not in (204, 304):
            # The end of the connection is the end of the body.
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
