"""What IAM answers and grants, as the emulated API does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.pure import policies
from tests.sandbox.aws_api.conftest import REGION


@pytest.fixture
def allowed(aws: Callable[[str], Any]) -> Callable[[policies.Statement], bool]:
    """From a statement to whether a bucket with it takes an object."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(statement: policies.Statement) -> bool:
        s3.put_bucket_policy(Bucket="bucket", Policy=policies.document([statement]))
        try:
            s3.put_object(Bucket="bucket", Key="key")
        except ClientError:
            return False
        return True

    return put


@pytest.mark.parametrize("action", ["s3:*", "S3:*", "S3:putobject", ["s3:GetObject", "s3:PutObject"]])
def test_actions_are_denied_in_any_case(allowed: Callable[[policies.Statement], bool], action: Any) -> None:
    everything = {"Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::bucket/*"}
    assert not allowed({**everything, "Action": action})
    assert allowed({**everything, "Action": "s3:DeleteObject"})


def test_requests_count_as_by_tls(allowed: Callable[[policies.Statement], bool]) -> None:
    statement = policies.tls_only("arn:aws:s3:::bucket")
    assert allowed(statement)
    assert not allowed({key: value for key, value in statement.items() if key != "Condition"})
