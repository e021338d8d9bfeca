"""What EC2 answers, and does beside what it is asked for, as the emulated API does."""

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


def test_rule_that_names_a_group_keeps_its_description(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="registry", Description="test")["GroupId"]
    ports = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    whom = {"UserIdGroupPairs": [{"GroupId": group, "Description": "first"}]}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**ports, **whom}])
    (rule,) = made["SecurityGroupRules"]
    assert _description(ec2, rule) == rule["Description"] == "first"
    changed = {**ports, "ReferencedGroupId": group, "Description": "second"}
    update = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": changed}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])
    assert _description(ec2, rule) == "second"


def _description(ec2: Any, rule: dict[str, Any]) -> str:
    listed = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    return listed["SecurityGroupRules"][0]["Description"]
