"""The metrics and queries of the registry's log, on lines that both major versions write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from components.pure.log_metrics import LOG_METRICS
from components.pure.log_queries import HOURLY_TRAFFIC, LOG_QUERIES
from sandbox.aws.filter_pattern import matches
from sandbox.aws.logs_insights import Row, run
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from sandbox.random_image import Blob, Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox.faulty_s3 import Fault, FaultyS3, faulty_s3
from tests.sandbox.helpers import PROJECT
from tests.sandbox.https import ask
from tests.sandbox.replicas import replicas

_REPOSITORY = "team/app"
_MANIFEST, _UPLOAD = f"/v2/{_REPOSITORY}/manifests/", f"/v2/{_REPOSITORY}/blobs/uploads/"
_DISCONNECTED = '"err.detail":"client disconnected"'


@dataclass(frozen=True)
class Log:
    """The log of a registry's replicas, and the user who sent the requests.

    Attributes:
        major: the major version.
        user: the user as the version logs it when a request succeeds: registry:2 logs none.
    """

    lines: list[str]
    major: int
    user: str


class _Disconnect(Exception):
    """The client stops in the middle of an upload."""


@pytest.fixture(scope="module", params=[2, 3], ids=["registry:2", "registry:3"])
def log(dev: Sandbox, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """The log of every kind of request, of each major version."""
    declared = evaluate_project(PROJECT, "dev", overrides={"registry:image": f"registry:{request.param}"})
    with (
        faulty_s3(dev.stack.api) as s3,
        replicas(dev, tmp_path_factory.mktemp("log"), s3=s3.api, declaration=declared) as running,
    ):
        send_requests(running, s3)

        def lines() -> list[str]:
            return [line for container in running.containers for line in container.output().splitlines()]

        wait_until(lambda: any(_DISCONNECTED in line for line in lines()), "the last request's line", seconds=10)
        yield Log(lines(), request.param, running.user if request.param == 3 else "-")


def send_requests(running: Sandbox, s3: FaultyS3) -> None:
    """Send a push, a pull, refused logins, requests that fail because of S3, and an upload that the client ends."""
    endpoint, login = Endpoint.of(running), (running.user, running.password)
    image = Image.random(_REPOSITORY, "v1", layers=1)
    with RegistryClient(endpoint) as client:
        client.push(image)
        client.push_blob(_REPOSITORY, Blob.random(20_000_000))
        client.pull(image)
    for user in (running.user, "nobody"):
        assert ask(running.balancer, "GET", "/v2/", login=(user, "a wrong password")).status == 401
    assert ask(running.balancer, "GET", "/v2/").status == 401
    assert ask(running.balancer, "GET", f"{_MANIFEST}missing", login=login).status == 404
    with s3.failing(Fault(delay=0.5)):
        assert ask(running.balancer, "HEAD", f"{_MANIFEST}v1", login=login).status in (200, 404)
    with s3.failing(Fault(reset=True)):
        assert ask(running.balancer, "GET", f"{_MANIFEST}v1", login=login).status == 500
    with (
        s3.failing(Fault(reset=True, copies_only=True)),
        RegistryClient(endpoint) as client,
        pytest.raises(RequestFailed, match="status 500"),
    ):
        client.push_blob(_REPOSITORY, Blob.random(20_000))

    # registry:3 reports the error of the AWS SDK. registry:2 goes on, and refuses the layer at the end of its upload.
    with (
        s3.failing(Fault(reset=True, parts_only=True)),
        RegistryClient(endpoint) as client,
        pytest.raises(RequestFailed),
    ):
        client.push_blob(_REPOSITORY, Blob.random(20_000_000))

    def disconnect() -> None:
        raise _Disconnect

    with suppress(_Disconnect), RegistryClient(endpoint) as client:
        client.push_blob(_REPOSITORY, Blob.random(5_000_000), halfway=disconnect)


# How the errors by kind show it.
_LOST_PART = {2: ("PUT", 404, "blob upload invalid", None), 3: ("PATCH", 500, "unknown", "RequestError")}


# What differs with registry:2, which does not tell that a part of a layer is lost because of S3.
_OF_VERSION_2 = {
    "S3Errors": [f"GET {_MANIFEST}", f"PUT {_UPLOAD}"],
    "UploadFailures": [f"PUT {_UPLOAD}", f"PUT {_UPLOAD}"],
}


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("S3Errors", [f"GET {_MANIFEST}", f"PATCH {_UPLOAD}", f"PUT {_UPLOAD}"]),
        ("UploadFailures", [f"PATCH {_UPLOAD}", f"PUT {_UPLOAD}"]),
        ("RefusedLogins", ["GET /v2/", "GET /v2/"]),
        ("Pushes", [f"PUT {_MANIFEST}"]),
        ("Pulls", [f"GET {_MANIFEST}"]),
    ],
)
def test_metric_counts_its_lines_and_no_others(log: Log, metric: str, expected: list[str]) -> None:
    if log.major == 2:
        expected = _OF_VERSION_2.get(metric, expected)
    pattern = {each.name: each.pattern for each in LOG_METRICS}[metric]
    counted = [json.loads(line) for line in log.lines if matches(pattern, line)]
    requests = [(f"{each['http.request.method']} {each['http.request.uri']}") for each in counted]
    assert len(requests) == len(expected), requests
    assert all(request.startswith(start) for request, start in zip(sorted(requests), expected, strict=True))


def result(log: Log, query: str) -> list[Row]:
    """Run a saved query by its name."""
    return run({each.name: each.text for each in LOG_QUERIES}[query], log.lines)


def columns(rows: list[Row], *names: str) -> list[Mapping[str, Any]]:
    return [{name: row[name] for name in names} for row in rows]


def test_query_for_pushes_and_pulls_has_user_and_tag(log: Log) -> None:
    rows = result(log, "who pushed and pulled what")
    same = {"user": log.user, "repository": _REPOSITORY, "reference": "v1", "requests": 1}
    assert columns(rows, *same, "method") == [{**same, "method": method} for method in ("GET", "PUT")]


def test_query_for_refused_logins_counts_by_address(log: Log) -> None:
    (row,) = result(log, "refused logins by address")
    assert (row["address"], row["refused"]) == ("127.0.0.1", 2)
    assert row["first"] < row["latest"]


def test_query_for_slow_requests_has_the_slowest_first(log: Log) -> None:
    rows = result(log, "slowest requests")
    seconds = [row["seconds"] for row in rows]
    assert seconds == sorted(seconds, reverse=True)
    assert 0 < seconds[-1] < 0.5 < seconds[0] < 10
    delayed = next(row for row in rows if row["method"] == "HEAD" and row["uri"] == f"{_MANIFEST}v1")
    assert delayed["seconds"] > 0.5


def test_query_for_uploads_has_the_largest_first(log: Log) -> None:
    rows = result(log, "longest uploads of layers")
    assert {row["repository"] for row in rows} == {_REPOSITORY}
    assert {row["user"] for row in rows} == {log.user}
    # Config, layer, large layer, and the one whose commit failed. registry:2 does not notice the lost part yet.
    assert len(rows) == (5 if log.major == 2 else 4)
    assert rows[0]["seconds"] > rows[-1]["seconds"]


def test_query_for_errors_tells_those_of_s3(log: Log) -> None:
    rows = result(log, "errors by kind")
    found = {(row["method"], row["status"], row["code"], row["s3"]): row["requests"] for row in rows}
    assert found == {
        ("GET", 404, "manifest unknown", None): 1,
        ("GET", 500, "unknown", "RequestError"): 1,
        ("PUT", 500, "unknown", "RequestError"): 1,
        ("PATCH", 500, "unknown", None): 1,
        _LOST_PART[log.major]: 1,
    }


def test_query_of_the_dashboard_counts_by_hour_and_repository(log: Log) -> None:
    rows = run(HOURLY_TRAFFIC, log.lines)
    counts: dict[str, int] = {}
    for row in rows:  # more than one hour if the test ran at the end of one
        assert row["repository"] == _REPOSITORY
        assert (row["hour"].minute, row["hour"].second) == (0, 0)
        counts[row["method"]] = counts.get(row["method"], 0) + row["requests"]
    assert counts == {"GET": 1, "PUT": 1}
