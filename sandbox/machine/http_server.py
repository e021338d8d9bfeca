"""HTTP servers in a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer


class Handler(BaseHTTPRequestHandler):
    """A request handler without a log. Subclasses define do_GET and the like."""

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send a response. The response to HEAD has no body."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the log would go to the terminal."""


@contextmanager
def serving_in_thread(server: BaseServer) -> Iterator[None]:
    """Serve until the end of the block, then close the server."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
