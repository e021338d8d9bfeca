"""The ECS credentials endpoint: a task asks it for its role's keys, as at 169.254.170.2 on a container instance."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PATH = "/v2/credentials/"


class CredentialsEndpoint:
    """Gives each task an address of its own.

    Attributes:
        asked: how often each address was asked, by its id.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._roles: dict[str, str] = {}
        self.asked: Counter[str] = Counter()

    def url_for(self, role_arn: str) -> str:
        """A new task's address."""
        id_ = str(uuid.uuid4())
        self._roles[id_] = role_arn
        return f"{self._base_url}{_PATH}{id_}"

    def answer(self, path: str) -> dict[str, str] | None:
        """What a task gets at a path, None if there is no such task."""
        id_ = path.removeprefix(_PATH)
        if id_ not in self._roles:
            return None
        self.asked[id_] += 1
        expiry = datetime.now(timezone.utc) + timedelta(hours=6)
        # The sandbox's AWS API takes any keys. These say where they came from.
        return {
            "RoleArn": self._roles[id_],
            "AccessKeyId": "ASIATASKROLE",
            "SecretAccessKey": f"secret-of-{id_}",
            "Token": f"token-of-{id_}",
            "Expiration": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@contextmanager
def serving(address: str) -> Iterator[CredentialsEndpoint]:
    """The endpoint, on a free port of an address that containers reach."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = endpoint.answer(self.path)
            body = json.dumps(answer or {"code": "InvalidIdInRequest"}).encode()
            self.send_response(200 if answer else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: it would go to the person's terminal."""

    server = ThreadingHTTPServer((address, 0), Handler)
    endpoint = CredentialsEndpoint(f"http://{address}:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
