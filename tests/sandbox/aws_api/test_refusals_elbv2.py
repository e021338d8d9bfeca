"""Calls that the emulated Elastic Load Balancing refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import (
    create_listener,
    create_load_balancer,
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
