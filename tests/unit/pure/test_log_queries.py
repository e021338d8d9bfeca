"""The saved queries, on lines that a sandbox does not produce."""

import json

import pytest

from components.pure.log_queries import LOG_QUERIES
from sandbox.aws.logs_insights import run

_QUERIES = {query.name: query.text for query in LOG_QUERIES}


@pytest.mark.parametrize(
    ("duration", "seconds"), [("1h2m3.5s", 3723.5), ("2m0s", 120), ("7.25s", 7.25), ("41.5ms", 0.0415), ("20.5µs", 0)]
)
def test_every_form_of_a_duration_is_seconds(duration: str, seconds: float) -> None:
    """Source: Go's package `time`, `Duration.String`."""
    (row,) = run(_QUERIES["slowest requests"], [json.dumps({"http.response.duration": duration})])
    assert row["seconds"] == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("uri", "repository", "reference"),
    [
        ("/v2/app/manifests/v1", "app", "v1"),
        ("/v2/team/web/app/manifests/sha256:0a", "team/web/app", "sha256:0a"),
        ("/v2/library/debian/manifests/12?ns=docker.io", "library/debian", "12"),
    ],
)
def test_repository_and_reference_are_found_in_the_path(uri: str, repository: str, reference: str) -> None:
    line = {"msg": "response completed", "http.request.method": "GET", "http.request.uri": uri}
    (row,) = run(_QUERIES["who pushed and pulled what"], [json.dumps({**line, "time": "2026-01-31T12:00:00Z"})])
    assert (row["repository"], row["reference"]) == (repository, reference)
