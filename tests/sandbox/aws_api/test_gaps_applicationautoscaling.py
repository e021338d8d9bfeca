"""Gaps of moto's Application Auto Scaling that the emulator closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.aws_api.replicas import REPLICAS, create_service, put_policy

Clients = Callable[[str], Any]


@pytest.mark.parametrize(
    ("sizes", "count"),
    [((3, 5), 3), ((1, 1), 1), ((1, 5), 2)],
    ids=["below the minimum", "above the maximum", "in the range"],
)
def test_registered_service_is_brought_into_the_range(aws: Clients, sizes: tuple[int, int], count: int) -> None:
    create_service(aws, desired_count=2)
    aws("application-autoscaling").register_scalable_target(**REPLICAS, MinCapacity=sizes[0], MaxCapacity=sizes[1])
    [service] = aws("ecs").describe_services(cluster="registry", services=["registry"])["services"]
    assert service["desiredCount"] == service["runningCount"] == count


def test_scalable_target_keeps_its_tags(aws: Clients) -> None:
    scaling = aws("application-autoscaling")
    create_service(aws)
    registered = scaling.register_scalable_target(**REPLICAS, MinCapacity=1, MaxCapacity=2, Tags={"a": "1", "b": "2"})
    arn = registered["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "3"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    scaling.register_scalable_target(**REPLICAS, MinCapacity=2)
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "3"}


def test_policies_are_deleted_with_their_target(aws: Clients) -> None:
    scaling = aws("application-autoscaling")
    create_service(aws)
    scaling.register_scalable_target(**REPLICAS, MinCapacity=1, MaxCapacity=2)
    put_policy(scaling, {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"})
    scaling.deregister_scalable_target(**REPLICAS)
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert aws("cloudwatch").describe_alarms()["MetricAlarms"] == []
