"""What Elastic Load Balancing refuses, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import subnet_ids


def test_reserved_load_balancer_name_is_refused(aws: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="cannot begin with 'internal-'"):
        aws("elbv2").create_load_balancer(Name="internal-registry", Subnets=subnet_ids(aws("ec2")))


def test_protected_load_balancer_is_not_deleted(aws: Callable[[str], Any]) -> None:
    elbv2 = aws("elbv2")
    arn = elbv2.create_load_balancer(Name="registry", Subnets=subnet_ids(aws("ec2")))["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=protection)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        elbv2.delete_load_balancer(LoadBalancerArn=arn)
