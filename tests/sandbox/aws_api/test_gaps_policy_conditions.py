"""Conditions of bucket policies that the emulator evaluates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from components.pure import policies
from sandbox.aws.emulator import AwsApi
from sandbox.aws.moto_gaps.policy_conditions import are_met
from tests.sandbox.aws_api.conftest import REGION
from tests.sandbox.presigned import presigned_url, status

_ARN = "arn:aws:s3:::bucket"


@pytest.fixture
def put_policy(aws: Callable[[str], Any]) -> Callable[[list[policies.Statement]], None]:
    """A function that sets the policy of a bucket with an object."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bucket", Key="key")
    return lambda statements: s3.put_bucket_policy(Bucket="bucket", Policy=policies.document(statements))


@pytest.mark.parametrize(
    ("operator", "value", "met_by", "not_met_by"),
    [
        ("StringEquals", "a", ["a"], ["A", None]),
        ("StringEquals", ["a", "b"], ["b"], ["c"]),
        ("Bool", "false", ["false"], ["true", None]),
        ("ArnLike", "arn:aws:logs:*:1:*", ["arn:aws:logs:us-west-2:1:x"], ["arn:aws:logs:us-west-2:2:x", None]),
        ("NumericGreaterThan", "100", ["101", "1000"], ["100", "99", None]),
        ("NotIpAddress", ["10.0.0.0/8", "192.0.2.1"], ["192.0.2.2", None], ["10.9.8.7", "192.0.2.1"]),
        ("Null", "true", [None], ["a", ""]),
        ("Null", "false", ["a"], [None]),
    ],
)
def test_operator(operator: str, value: Any, met_by: list[str | None], not_met_by: list[str | None]) -> None:
    def met(actual: str | None) -> bool:
        return are_met({operator: {"key": value}}, {} if actual is None else {"key": actual})

    assert [met(actual) for actual in met_by] == [True] * len(met_by)
    assert [met(actual) for actual in not_met_by] == [False] * len(not_met_by)


def test_every_condition_must_be_met() -> None:
    conditions = {"StringEquals": {"a": "1", "b": "2"}, "Null": {"c": "true"}}
    assert are_met(conditions, {"a": "1", "b": "2"})
    assert not are_met(conditions, {"a": "1", "b": "3"})
    assert not are_met(conditions, {"a": "1", "b": "2", "c": "3"})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_old_presigned_url_is_denied(
    api: AwsApi, put_policy: Callable[[list[policies.Statement]], None], method: str
) -> None:
    new, old = (
        presigned_url(api, REGION, "bucket", "key", age=timedelta(seconds=seconds), method=method)
        for seconds in (60, 121)
    )
    put_policy([policies.tls_only(_ARN)])
    assert (status(new, method=method), status(old, method=method)) == (200, 200)
    put_policy(policies.presigned_reads(_ARN, None))
    assert (status(new, method=method), status(old, method=method)) == (200, 403)


def test_presigned_url_is_denied_to_other_addresses(
    api: AwsApi, put_policy: Callable[[list[policies.Statement]], None]
) -> None:
    put_policy(policies.presigned_reads(_ARN, ["127.0.0.1/32"]))
    url = presigned_url(api, REGION, "bucket", "key")
    assert {source: status(url, source=source) for source in ("127.0.0.1", "127.0.0.2")} == {
        "127.0.0.1": 200,
        "127.0.0.2": 403,
    }


def test_signed_headers_are_allowed_from_every_address(
    aws: Callable[[str], Any], put_policy: Callable[[list[policies.Statement]], None]
) -> None:
    """The registry's own requests."""
    put_policy([policies.tls_only(_ARN), *policies.presigned_reads(_ARN, ["192.0.2.0/24"])])
    assert aws("s3").get_object(Bucket="bucket", Key="key")["ResponseMetadata"]["HTTPStatusCode"] == 200
