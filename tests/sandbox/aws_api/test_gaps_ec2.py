"""What EC2 does beside what it is asked for, as the emulated API does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

_OWN = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*"}


@pytest.fixture
def vpc_ids(aws: Callable[[str], Any]) -> list[str]:
    """Two VPCs, beside a bucket called logs whose policy is `_OWN`."""
    where = {"LocationConstraint": "us-west-2"}
    aws("s3").create_bucket(Bucket="logs", CreateBucketConfiguration=where)
    aws("s3").put_bucket_policy(Bucket="logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [_OWN]}))
    return [aws("ec2").create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in range(2)]


def test_flow_log_extends_the_bucket_policy_once(aws: Callable[[str], Any], vpc_ids: list[str]) -> None:
    found = []
    for vpc_id in vpc_ids:
        aws("ec2").create_flow_logs(
            ResourceIds=[vpc_id],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination="arn:aws:s3:::logs",
        )
        found.append(json.loads(aws("s3").get_bucket_policy(Bucket="logs")["Policy"])["Statement"])
    source = {"ArnLike": {"aws:SourceArn": "arn:aws:logs:us-west-2:123456789012:*"}}
    assert found[0] == found[1]
    assert found[0][0] == _OWN
    assert [statement["Sid"] for statement in found[0][1:]] == ["AWSLogDeliveryWrite", "AWSLogDeliveryAclCheck"]
    assert all(statement["Condition"].items() >= source.items() for statement in found[0][1:])
