"""Single requests, just as given, to the load balancer or to one task, whoever the certificate is from."""

from __future__ import annotations

import base64
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.load_balancer import LoadBalancer

_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def connect(server: LoadBalancer | RunningContainer) -> http.client.HTTPSConnection:
    """A connection for several requests, or for a part of one."""
    context = ssl._create_unverified_context()
    return http.client.HTTPSConnection(server.address, server.port, context=context, timeout=_SECONDS)


def ask(
    server: LoadBalancer | RunningContainer,
    method: str,
    path: str,
    *,
    login: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request without a body; without a password if none is given."""
    connection = connect(server)
    try:
        connection.request(method, path, headers={**(authorization(login) if login else {}), **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def authorization(login: tuple[str, str]) -> dict[str, str]:
    """The header that says who asks."""
    return {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()}
