"""The ECS credentials endpoint: a task asks it for its role's keys, as it asks the agent on a container instance."""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from sandbox.aws.emulator import Keys

AGENT = "169.254.170.2"
"""Where containers reach the ECS agent, on port 80."""

_PATH = "/v2/credentials/"


class CredentialsEndpoint:
    """Gives each task a path of its own.

    Attributes:
        asked: how often each path was asked, by its id.
    """

    def __init__(self, base_url: str, keys: Keys) -> None:
        self._base_url = base_url
        self._keys = keys
        self._roles: dict[str, str] = {}
        self.asked: Counter[str] = Counter()

    def environment_for(self, role_arn: str | None) -> dict[str, str]:
        """The environment by which a new task finds its keys; empty without a role.

        The agent gives a path, which AWS's SDKs ask for at its own address. Elsewhere they need the whole URL.
        """
        if role_arn is None:
            return {}
        id_ = str(uuid.uuid4())
        self._roles[id_] = role_arn
        if self._base_url == f"http://{AGENT}:80":
            return {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": f"{_PATH}{id_}"}
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self._base_url}{_PATH}{id_}"}

    def answer(self, path: str) -> dict[str, str] | None:
        """What a task gets at a path, None if there is no such task."""
        id_ = path.removeprefix(_PATH)
        if id_ not in self._roles:
            return None
        self.asked[id_] += 1
        expiry = datetime.now(timezone.utc) + timedelta(hours=6)
        return {
            "RoleArn": self._roles[id_],
            "AccessKeyId": self._keys.id,
            "SecretAccessKey": self._keys.secret,
            "Token": f"token-of-{id_}",
            "Expiration": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@contextmanager
def serving(address: str, keys: Keys) -> Iterator[CredentialsEndpoint]:
    """The endpoint at an address that containers reach: on the agent's port 80, else on a free one.

    Args:
        keys: of the AWS API, which every task gets: it has no roles.
    """

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

    server = _bound(address, Handler)
    endpoint = CredentialsEndpoint(f"http://{address}:{server.server_port}", keys)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


def _bound(address: str, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    if address == AGENT:
        with contextlib.suppress(PermissionError):  # an ordinary user may not bind port 80
            return ThreadingHTTPServer((address, 80), handler)
    return ThreadingHTTPServer((address, 0), handler)
