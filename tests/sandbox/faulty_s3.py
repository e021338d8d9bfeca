"""S3 in trouble: a proxy before the AWS API that is away, slow, or refuses with 503 SlowDown when it is told to."""

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
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from sandbox.aws.emulator import AwsApi

_UPSTREAM_SECONDS = 60
_PIECE = 64 * 1024
# Of one connection, not of the message.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "expect"}
# "Error responses", Amazon S3 API Reference.
_SLOW_DOWN = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message>\
<RequestId>0000000000000000</RequestId><HostId>faulty-s3</HostId></Error>"""


@dataclass(frozen=True)
class Fault:
    """What befalls a request.

    Attributes:
        away: its connection is reset.
        slow_down: it is answered 503 SlowDown.
        delay: it waits so many seconds before it goes on to S3.
        copies_only: it does so only if it copies inside S3, as the commit of an upload does.
    """

    away: bool = False
    slow_down: bool = False
    delay: float = 0
    copies_only: bool = False


@dataclass
class FaultyS3:
    """The proxy.

    Attributes:
        upstream: the AWS API's address.
        api: the AWS API as it is reached through the proxy.
        fault: what befalls requests at the moment.
        hit: how many have met a fault.
    """

    upstream: str
    api: AwsApi
    fault: Fault = field(default_factory=Fault)
    hit: int = 0

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """All requests meet `fault` until the end."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = Fault()


@contextmanager
def faulty_s3(api: AwsApi) -> Iterator[FaultyS3]:
    """A proxy on loopback, without a fault at first; it is stopped at the end."""

    s3 = FaultyS3(urlsplit(api.url).netloc, api)
    server = _Server(("127.0.0.1", 0), partial(_Handler, s3))
    s3.api = dataclasses.replace(api, url=f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield s3
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # clients keep their connections open
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, s3: FaultyS3, request: socket.socket, client: tuple[str, int], server: _Server) -> None:
        self._s3 = s3
        super().__init__(request, client, server)  # this handles the whole connection

    def answer(self) -> None:
        """Meets the fault of the moment; without one, and after a delay, goes on to S3."""
        fault = self._s3.fault
        if fault.copies_only and "x-amz-copy-source" not in self.headers:
            fault = Fault()
        self._s3.hit += fault != Fault()
        if fault.away:
            self._reset()
            return
        with suppress(OSError):  # whoever asked, or S3 itself, may go at any moment
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(fault.delay)
            if fault.slow_down:
                self._send(503, [("Content-Type", "application/xml")], len(_SLOW_DOWN))
                self.wfile.write(b"" if self.command == "HEAD" else _SLOW_DOWN)
            else:
                self._forward(body)
            return
        self.close_connection = True

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = answer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it would go to the tests' output."""

    def _reset(self) -> None:
        # With nothing to linger for, closing sends RST.
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
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        elif status not in (204, 304):
            # Its end is the end of the connection.
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
