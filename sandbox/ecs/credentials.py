"""The credentials endpoint of the ECS agent, from which a task gets the credentials of its task role."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from http.server import ThreadingHTTPServer

from sandbox.aws.emulator import AccessKey
from sandbox.machine.http_server import Handler, serving_in_thread

AGENT = "169.254.170.2"
"""The ECS agent's address for containers, on port 80."""

_PATH = "/v2/credentials/"


class CredentialsEndpoint:
    """The credentials of tasks, each at its own path.

    Attributes:
        url: of the endpoint, without a path.
        request_counts: the number of requests for each path, by the id in it.
    """

    def __init__(self, url: str, access_key: AccessKey) -> None:
        self.url = url
        self._access_key = access_key
        self._roles: dict[str, str] = {}
        self.request_counts: Counter[str] = Counter()

    def new_path(self, role_arn: str | None) -> str:
        """Make the path of a new task's credentials; "" without a role."""
        if role_arn is None:
            return ""
        id_ = str(uuid.uuid4())
        self._roles[id_] = role_arn
        return f"{_PATH}{id_}"

    def environment(self, path: str) -> dict[str, str]:
        """Make the variables with which a task finds its credentials at a path; none if it is "".

        The agent sets a relative path, which AWS SDKs resolve at the agent's address. Other addresses need a full URL.
        """
        if not path:
            return {}
        if self.url == f"http://{AGENT}:80":
            return {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": path}
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{self.url}{path}"}

    def answer(self, path: str) -> dict[str, str] | None:
        """Make the response for a path, or None if no task has it."""
        id_ = path.removeprefix(_PATH)
        if id_ not in self._roles:
            return None
        self.request_counts[id_] += 1
        expiry = datetime.now(timezone.utc) + timedelta(hours=6)
        return {
            "RoleArn": self._roles[id_],
            "AccessKeyId": self._access_key.id,
            "SecretAccessKey": self._access_key.secret,
            "Token": f"token-of-{id_}",
            "Expiration": expiry.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@contextmanager
def serving(address: str, access_key: AccessKey) -> Iterator[CredentialsEndpoint]:
    """Serve credentials at an address of this machine: on port 80 for the agent's address, else on a free port.

    Args:
        access_key: the access key that every task gets: the emulated AWS API has no roles.
    """

    class CredentialsHandler(Handler):
        def do_GET(self) -> None:
            answer = endpoint.answer(self.path)
            body = json.dumps(answer or {"code": "InvalidIdInRequest"}).encode()
            self.answer(200 if answer else 400, body, {"Content-Type": "application/json"})

    server = _bound(address, CredentialsHandler)
    endpoint = CredentialsEndpoint(f"http://{address}:{server.server_port}", access_key)
    with serving_in_thread(server):
        yield endpoint


def _bound(address: str, handler: type[Handler]) -> ThreadingHTTPServer:
    if address == AGENT:
        with suppress(PermissionError):  # an ordinary user may not bind port 80
            return ThreadingHTTPServer((address, 80), handler)
    return ThreadingHTTPServer((address, 0), handler)
