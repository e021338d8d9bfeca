"""Calls that the emulated Application Auto Scaling refuses."""

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
)
from tests.sandbox.aws_api.replicas import REPLICAS, create_service, put_policy

Clients = Callable[[str], Any]


def test_maximum_is_not_below_the_minimum(aws: Clients) -> None:
    create_service(aws)
    with pytest.raises(ClientError, match=r"ValidationException.*cannot be less than minimum"):
        aws("application-autoscaling").register_scalable_target(**REPLICAS, MinCapacity=3, MaxCapacity=2)


def test_policy_needs_a_scalable_target(aws: Clients) -> None:
    create_service(aws)
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scalable target registered"):
        put_policy(aws("application-autoscaling"), {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"})


def test_requests_are_counted_for_a_target_group_of_the_load_balancer(aws: Clients) -> None:
    scaling, elbv2 = aws("application-autoscaling"), aws("elbv2")
    vpc, subnets = create_vpc_and_subnets(aws("ec2"))
    balancer, group = create_load_balancer(elbv2, subnets, Scheme="internal"), create_target_group(elbv2, vpc)
    label = f"{balancer.partition(':loadbalancer/')[2]}/{group.rpartition(':')[2]}"
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}
    create_service(aws)
    scaling.register_scalable_target(**REPLICAS, MinCapacity=1, MaxCapacity=2)
    with pytest.raises(ClientError, match=r"ValidationException.*is not attached"):
        put_policy(scaling, metric)
    create_listener(elbv2, balancer, group)
    put_policy(scaling, metric)
    with pytest.raises(ClientError, match="ValidationException"):
        put_policy(scaling, {**metric, "ResourceLabel": balancer})
