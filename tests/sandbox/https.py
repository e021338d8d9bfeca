"""HTTPS requests that are sent unchanged, to the load balancer or to one task, with any certificate."""

from __future__ import annotations

import base64
import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.ecs.load_balancer import LoadBalancer
from sandbox.ecs.runtime import RunningContainer

_SECONDS = 30


@dataclass(frozen=True)
class Answer:
    """A response with its body."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def connect(server: LoadBalancer | RunningContainer) -> http.client.HTTPSConnection:
    """Open a connection, for tests that send a request in parts."""
    context = ssl._create_unverified_context()  # noqa: S323 - for requests with any certificate
    return http.client.HTTPSConnection(server.address, server.port, context=context, timeout=_SECONDS)


def ask(
    server: LoadBalancer | RunningContainer,
    method: str,
    path: str,
    *,
    login: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send a request without a body, and without a login by default."""
    connection = connect(server)
    try:
        connection.request(method, path, headers={**(authorization(login) if login else {}), **(headers or {})})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def login_status(server: LoadBalancer | RunningContainer, login: tuple[str, str] | None = None) -> int:
    """Send the request of `docker login`, and return the status."""
    return ask(server, "GET", "/v2/", login=login).status


def authorization(login: tuple[str, str]) -> dict[str, str]:
    """Make the header with user and password."""
    return {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()}
