"""Calls that the emulated Elastic Load Balancing refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.functions import create_function
from tests.sandbox.aws_api.networks import (
    create_listener,
    create_load_balancer,
    create_rule,
    create_target_group,
    create_vpc_and_subnets,
    subnet_ids,
)


def test_reserved_load_balancer_name_is_refused(aws: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="cannot begin with 'internal-'"):
        create_load_balancer(aws("elbv2"), subnet_ids(aws("ec2")), "internal-registry")


def test_protected_load_balancer_is_not_deleted(aws: Callable[[str], Any]) -> None:
    elbv2 = aws("elbv2")
    arn = create_load_balancer(elbv2, subnet_ids(aws("ec2")))
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protection)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        elbv2.delete_load_balancer(LoadBalancerArn=arn)


def test_internet_facing_load_balancer_needs_an_internet_gateway(aws: Callable[[str], Any]) -> None:
    _, subnets = create_vpc_and_subnets(aws("ec2"))
    with pytest.raises(ClientError, match=r"InvalidSubnet.*has no internet gateway"):
        create_load_balancer(aws("elbv2"), subnets)
    create_load_balancer(aws("elbv2"), subnets, Scheme="internal")


def test_target_group_belongs_to_one_load_balancer(aws: Callable[[str], Any]) -> None:
    elbv2 = aws("elbv2")
    vpc, subnets = create_vpc_and_subnets(aws("ec2"))
    group = create_target_group(elbv2, vpc)
    first, second = (create_load_balancer(elbv2, subnets, name, Scheme="internal") for name in ("first", "second"))
    create_listener(elbv2, first, group)
    with pytest.raises(ClientError, match="TargetGroupAssociationLimit"):
        create_listener(elbv2, second, group)
    elbv2.delete_load_balancer(LoadBalancerArn=first)
    create_listener(elbv2, second, group)


def test_target_group_in_a_rule_belongs_to_one_load_balancer(aws: Callable[[str], Any]) -> None:
    elbv2 = aws("elbv2")
    vpc, subnets = create_vpc_and_subnets(aws("ec2"))
    group = create_target_group(elbv2, vpc)
    default = elbv2.create_target_group(Name="default", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    other = elbv2.create_target_group(Name="other", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    first, second = (create_load_balancer(elbv2, subnets, name, Scheme="internal") for name in ("first", "second"))
    create_listener(elbv2, first, default)
    create_listener(elbv2, second, other)
    create_rule(elbv2, first, group)
    with pytest.raises(ClientError, match="TargetGroupAssociationLimit"):
        create_rule(elbv2, second, group)


def test_function_must_allow_the_target_group_to_invoke_it(aws: Callable[[str], Any]) -> None:
    elbv2, function = aws("elbv2"), create_function(aws)
    group = elbv2.create_target_group(Name="function", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    with pytest.raises(ClientError, match=r"AccessDenied.*does not have permission to invoke"):
        elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": function}])
    aws("lambda").add_permission(
        FunctionName=function,
        StatementId="invoke",
        Action="lambda:InvokeFunction",
        Principal="elasticloadbalancing.amazonaws.com",
        SourceArn=group,
    )
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": function}])
