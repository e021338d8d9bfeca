"""Logins with wrong passwords: what their time tells, and what they cost."""

from __future__ import annotations

import http.client
import time
from statistics import median

import pytest

from sandbox.local import Sandbox
from sandbox.machine.process_tree import cpu_seconds
from tests.sandbox import figures
from tests.sandbox.helpers import registry_process
from tests.sandbox.https import authorization, connect

_LOGINS = 200
_UNKNOWN = "nobody"


def test_time_of_a_refusal_does_not_tell_who_is_a_user(prod: Sandbox) -> None:
    """With registry:3. For an unknown user, registry:2 computes no hash."""
    known, unknown = refusals(prod, prod.user, _UNKNOWN)
    ratio = median(known) / median(unknown)
    figures.record(
        f"registry:3 refuses {_LOGINS} wrong logins of a user and of an unknown one",
        f"medians of {median(known) * 1000:.1f} and {median(unknown) * 1000:.1f} ms, ratio {ratio:.2f}",
    )
    assert 0.75 < ratio < 1.33


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_wrong_password_costs_milliseconds_of_processor_time(stack: str, request: pytest.FixtureRequest) -> None:
    """At bcrypt's cost 10 it takes 50 ms: 40 requests per second would keep two cores busy."""
    sandbox: Sandbox = request.getfixturevalue(stack)
    registries = [registry_process(container) for container in sandbox.containers]
    before = cpu_seconds(registries)
    refusals(sandbox, sandbox.user)
    seconds = (cpu_seconds(registries) - before) / _LOGINS
    figures.record(f"a wrong password, {stack} stack", f"{seconds * 1000:.1f} ms of the registry's processor time")
    assert seconds < 0.015


def refusals(sandbox: Sandbox, *users: str) -> list[list[float]]:
    """Try to log in as each user in turn, on one connection. Return the seconds by user."""
    seconds: dict[str, list[float]] = {user: [] for user in users}
    connection = connect(sandbox.balancer)
    try:
        for number in range(_LOGINS):
            # Every second round backwards: the load balancer would send each user's requests to a replica of their own.
            for user in users if number % 2 else reversed(users):
                seconds[user].append(_refused(connection, user))
    finally:
        connection.close()
    return list(seconds.values())


def _refused(connection: http.client.HTTPSConnection, user: str) -> float:
    start = time.perf_counter()
    connection.request("GET", "/v2/", headers=authorization((user, "a wrong password")))
    response = connection.getresponse()
    response.read()
    seconds = time.perf_counter() - start
    assert response.status == 401
    return seconds
