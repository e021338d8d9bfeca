"""The evaluator of IAM policies refuses requests that AWS does not know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.evaluator import InvalidSimulation, Simulation, allowed

BUCKET, OBJECT = "arn:aws:s3:::images", "arn:aws:s3:::images/x"


def read(**changes: Any) -> Simulation:
    """Simulate an instance that reads an object, with a policy that allows it."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}
    request = {
        "principal": "arn:aws:sts::123456789012:assumed-role/instance/i-0123",
        "action": "s3:GetObject",
        "resource": OBJECT,
        "account": "123456789012",
        "identity_policies": [{"Version": "2012-10-17", "Statement": [statement]}],
    }
    return Simulation(**{**request, **changes})


def test_answers_are_in_the_order_of_the_requests() -> None:
    assert allowed([read(), read(action="s3:PutObject"), read(principal=None, identity_policies=())]) == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"action": "s3:GetObjekt"}, "invalid.action"),
        ({"resource": BUCKET}, "no.resource.types"),
        ({"context": {"s3:x-amz-acl": "private"}}, "s3:x-amz-acl"),
        ({"identity_policies": [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}]}, "policy.errors"),
    ],
    ids=["action", "resource", "condition key", "policy"],
)
def test_request_that_aws_does_not_know_is_an_error(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidSimulation, match=problem):
        allowed([read(**changes)])
