"""Gaps of moto's EC2 that the emulator closes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

_OWN = {"Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::logs/*"}


@pytest.fixture
def vpc_ids(aws: Callable[[str], Any]) -> list[str]:
    """Two VPCs, in an account with a bucket "logs" that has the policy statement `_OWN`."""
    where = {"LocationConstraint": "us-west-2"}
    aws("s3").create_bucket(Bucket="logs", CreateBucketConfiguration=where)
    aws("s3").put_bucket_policy(Bucket="logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [_OWN]}))
    return [aws("ec2").create_vpc(CidrBlock=f"10.{n}.0.0/16")["Vpc"]["VpcId"] for n in range(2)]


def test_flow_logs_extend_the_bucket_policy_once(aws: Callable[[str], Any], vpc_ids: list[str]) -> None:
    policies = []
    for vpc_id in vpc_ids:
        aws("ec2").create_flow_logs(
            ResourceIds=[vpc_id],
            ResourceType="VPC",
            TrafficType="ALL",
            LogDestinationType="s3",
            LogDestination="arn:aws:s3:::logs",
        )
        policies.append(json.loads(aws("s3").get_bucket_policy(Bucket="logs")["Policy"])["Statement"])
    source = {"ArnLike": {"aws:SourceArn": "arn:aws:logs:us-west-2:123456789012:*"}}
    assert policies[0] == policies[1]
    own, *added = policies[0]
    assert own == _OWN
    assert [statement["Sid"] for statement in added] == ["AWSLogDeliveryWrite", "AWSLogDeliveryAclCheck"]
    assert all(statement["Condition"].items() >= source.items() for statement in added)


def test_launch_template_tags_change_and_stay_out_of_its_versions(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "first", "Value": "1"}]}]
    created = ec2.create_launch_template(
        LaunchTemplateName="registry", LaunchTemplateData={"ImageId": "ami-1"}, TagSpecifications=tags
    )["LaunchTemplate"]
    ec2.create_tags(Resources=[created["LaunchTemplateId"]], Tags=[{"Key": "second", "Value": "2"}])
    [described] = ec2.describe_launch_templates()["LaunchTemplates"]
    assert {tag["Key"] for tag in described["Tags"]} == {"first", "second"}
    [version] = ec2.describe_launch_template_versions(LaunchTemplateName="registry")["LaunchTemplateVersions"]
    assert "TagSpecifications" not in version["LaunchTemplateData"]


def test_rule_with_a_prefix_list_has_a_description(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="registry", Description="test")["GroupId"]
    clients = ec2.create_managed_prefix_list(PrefixListName="clients", MaxEntries=1, AddressFamily="IPv4")["PrefixList"]
    peer = {"PrefixListIds": [{"PrefixListId": clients["PrefixListId"], "Description": "first"}]}
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert _description(ec2, made["SecurityGroupRules"][0]) == "first"


def test_rule_with_a_peer_group_has_a_description(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="registry", Description="test")["GroupId"]
    ports = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    peer = {"UserIdGroupPairs": [{"GroupId": group, "Description": "first"}]}
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{**ports, **peer}])
    (rule,) = made["SecurityGroupRules"]
    assert _description(ec2, rule) == rule["Description"] == "first"
    changed = {**ports, "ReferencedGroupId": group, "Description": "second"}
    update = {"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": changed}
    ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])
    assert _description(ec2, rule) == "second"


def _description(ec2: Any, rule: dict[str, Any]) -> str:
    listed = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    return listed["SecurityGroupRules"][0]["Description"]


def test_prefix_list_gets_its_new_size_and_keeps_its_name(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    created = ec2.create_managed_prefix_list(PrefixListName="clients", MaxEntries=1, AddressFamily="IPv4")["PrefixList"]
    ec2.modify_managed_prefix_list(PrefixListId=created["PrefixListId"], MaxEntries=2)
    [resized] = ec2.describe_managed_prefix_lists(PrefixListIds=[created["PrefixListId"]])["PrefixLists"]
    assert (resized["PrefixListName"], resized["MaxEntries"]) == ("clients", 2)
