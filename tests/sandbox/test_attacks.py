"""Attacks by clients without a password, on a registry without a web ACL (dev) and with one (prod).

Clients, load balancer and both replicas share the processors of this machine, so rates mean little; ratios do.
REGISTRY_FLOOD_SECONDS sets the duration of a flood. The default is 15; the figures in docs/operations.md are for 30.
"""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from sandbox.ecs.load_balancer import LoadBalancer
from sandbox.evaluation.declared import Declaration
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox import figures
from tests.sandbox.floods import CONNECTIONS, RATE, Answers, flood
from tests.sandbox.https import ask, connect
from tests.sandbox.replicas import replicas

_SECONDS = int(os.environ.get("REGISTRY_FLOOD_SECONDS", "15"))
_OTHER_CLIENT = "127.0.0.9"
_PAUSE_SECONDS = 0.1  # of the other client, so that it stays below the limit
# Instead of the declared 10,000, which a flood of some seconds would not reach.
_LIMIT = 2000
# Instead of the declared 300.
_IDLE_SECONDS = 3
_SLOW_REQUESTS = 50


def test_flood_of_wrong_passwords_replaces_no_replica(dev: Sandbox, tmp_path: Path) -> None:
    with replicas(dev, tmp_path, check_seconds=None) as flooded:
        check = Check()
        with flood(flooded, tmp_path, seconds=_SECONDS) as answers:
            waits = logins(flooded, answers, check)
        record("without a web ACL", answers, waits, check)
        assert answers.statuses.keys() == {401}
        assert waits
        assert not any(flooded.balancer.unhealthy_counts().values())


def test_web_acl_ends_a_flood(prod: Sandbox, tmp_path: Path) -> None:
    declaration = with_rate_limit(prod.stack.declaration, _LIMIT)
    with replicas(prod, tmp_path, declaration=declaration, check_seconds=None) as flooded:
        before = sum(flooded.balancer.request_counts().values())
        check = Check()
        with flood(flooded, tmp_path, seconds=_SECONDS) as answers:
            waits = logins(flooded, answers, check)
        forwarded = sum(flooded.balancer.request_counts().values()) - before
        record(f"with a web ACL, limit {_LIMIT}", answers, waits, check)
        assert answers.statuses.keys() == {401, 429}
        assert forwarded <= _LIMIT + len(waits)
        assert not any(flooded.balancer.unhealthy_counts().values())
        assert median(waits[len(waits) // 2 :]) < 1  # another client's, when the limit is reached


def test_request_without_its_body_holds_a_replica_until_the_idle_timeout(dev: Sandbox, tmp_path: Path) -> None:
    declaration = with_idle_timeout(dev.stack.declaration)
    with (
        replicas(dev, tmp_path, declaration=declaration) as attacked,
        requests_without_body(attacked.balancer),
    ):
        wait_until(lambda: active_requests(attacked) == _SLOW_REQUESTS, "the slow requests", seconds=20)
        wait_until(lambda: active_requests(attacked) == 0, "the idle timeout", seconds=_IDLE_SECONDS + 20)


def test_request_without_its_body_does_not_pass_a_web_acl(prod: Sandbox, tmp_path: Path) -> None:
    declaration = with_idle_timeout(prod.stack.declaration)
    with replicas(prod, tmp_path, declaration=declaration) as attacked:
        before, balancer = sum(attacked.balancer.request_counts().values()), attacked.balancer
        with requests_without_body(balancer):
            wait_until(lambda: balancer.open_connections() >= _SLOW_REQUESTS, "the slow requests", seconds=20)
            wait_until(lambda: balancer.open_connections() == 0, "the idle timeout", seconds=_IDLE_SECONDS + 20)
        assert sum(balancer.request_counts().values()) == before


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v2/", {"User-Agent": "x" * 1025}),
        ("/v2/", {"Referer": "x" * 1025}),
        ("/v2/", {"Host": "x" * 513}),
        ("/v2/", {f"X-{number}": "x" * 1000 for number in range(9)}),
        (f"/v2/{'x' * 513}", {}),
        (f"/v2/?{'x' * 1025}", {}),
    ],
    ids=["user agent", "referer", "host", "all headers", "path", "query"],
)
def test_long_request_does_not_pass_a_web_acl(prod: Sandbox, path: str, headers: Mapping[str, str]) -> None:
    assert ask(prod.balancer, "GET", path, headers=headers).status == 403


def test_web_acl_limits_what_a_request_logs(dev: Sandbox, prod: Sandbox) -> None:
    """The registry logs user agent, referrer and URL; 2.8.2 writes `<` as six bytes."""
    # About as long as the load balancer allows, and as long as the web ACL allows.
    without, limited = logged(dev, length=16_000), logged(prod, length=1024)
    figures.record("log of one anonymous request", f"{without} bytes, with a web ACL {limited} bytes")
    assert without > 200_000
    assert limited < 25_000


@dataclasses.dataclass
class Check:
    """The longest health check, in seconds."""

    longest: float = 0.0

    def look(self, balancer: LoadBalancer) -> None:
        self.longest = max(self.longest, balancer.longest_check())


def logins(sandbox: Sandbox, answers: Answers, check: Check) -> list[float]:
    """Log in by another client, again and again on one connection, until a flood ends. Return the seconds it took."""
    waits = []
    with RegistryClient(dataclasses.replace(Endpoint.of(sandbox), source=_OTHER_CLIENT)) as client:
        while answers.running():
            start = time.monotonic()
            client.login()
            waits.append(time.monotonic() - start)
            check.look(sandbox.balancer)
            time.sleep(_PAUSE_SECONDS)
    return waits


def record(event: str, answers: Answers, waits: list[float], check: Check) -> None:
    counts = sorted(answers.statuses.items())
    rates = ", ".join(f"{count / _SECONDS:.0f}/s answered {status}" for status, count in counts)
    figures.record(
        f"{RATE} wrong passwords/s on {CONNECTIONS} connections, {event}",
        f"{rates}; another client's {len(waits)} logins took {median(waits):.2f} s, at most {max(waits):.1f} s; "
        f"the longest health check took {check.longest:.1f} s",
    )


@contextmanager
def requests_without_body(balancer: LoadBalancer) -> Iterator[None]:
    """Start uploads that announce a body and send none of it, until the end of the block."""
    with ExitStack() as exits:
        for _ in range(_SLOW_REQUESTS):
            connection = connect(balancer)
            exits.callback(connection.close)
            connection.putrequest("POST", "/v2/test/slow/blobs/uploads/")
            connection.putheader("Content-Length", "100000")
            connection.endheaders()
        yield


def active_requests(sandbox: Sandbox) -> int:
    return sum(sandbox.balancer.active_requests(container) for container in sandbox.containers)


def logged(sandbox: Sandbox, *, length: int) -> int:
    """Send a request whose query and headers have a length. Return how many bytes the replicas log for it."""
    text = "<" * length

    def output() -> int:
        return sum(len(container.output()) for container in sandbox.containers)

    before = output()
    answer = ask(sandbox.balancer, "GET", f"/v2/?{text}", headers={"User-Agent": text, "Referer": text})
    assert answer.status == 401
    wait_until(lambda: output() - before > length, "the log line", seconds=10)
    return output() - before


def with_idle_timeout(declaration: Declaration) -> Declaration:
    return declaration.with_inputs("aws:lb/loadBalancer:LoadBalancer", lambda _: {"idleTimeout": _IDLE_SECONDS})


def with_rate_limit(declaration: Declaration, limit: int) -> Declaration:
    def limited(rule: Mapping[str, Any]) -> Mapping[str, Any]:
        statement = rule["statement"].get("rateBasedStatement")
        return {**rule, "statement": {"rateBasedStatement": {**statement, "limit": limit}}} if statement else rule

    return declaration.with_inputs(
        "aws:wafv2/webAcl:WebAcl", lambda inputs: {"rules": [limited(rule) for rule in inputs["rules"]]}
    )
