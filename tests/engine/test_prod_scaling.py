"""The prod stack's replicas, which Application Auto Scaling counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.commands import run
from tests.engine.configuring import configured
from tests.engine.stacks import DeployedStack

_NAMESPACE = {"ServiceNamespace": "ecs"}


@pytest.fixture
def service(prod: DeployedStack) -> Iterator[dict[str, str]]:
    """The names of the ECS service and its cluster. Afterwards, it has the declared number of replicas again."""
    exports = prod.declaration.exports
    names = {"cluster": exports["clusterName"], "service": exports["serviceName"]}
    yield names
    prod.aws("ecs").update_service(**names, desiredCount=2)
    run(prod.stack.refresh)


def test_policies_track_cpu_and_the_requests_of_the_load_balancer(prod: DeployedStack) -> None:
    scaling, exports = prod.aws("application-autoscaling"), prod.declaration.exports
    [target] = scaling.describe_scalable_targets(**_NAMESPACE)["ScalableTargets"]
    policies = scaling.describe_scaling_policies(**_NAMESPACE)["ScalingPolicies"]
    metrics = [
        policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"] for policy in policies
    ]
    balancer = prod.declaration.one("aws:lb/loadBalancer:LoadBalancer").outputs["arn"].partition(":loadbalancer/")[2]
    group = prod.declaration.one("aws:lb/targetGroup:TargetGroup").outputs["arn"].rpartition(":")[2]
    assert target["ResourceId"] == f"service/{exports['clusterName']}/{exports['serviceName']}"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    assert {metric["PredefinedMetricType"]: metric.get("ResourceLabel") for metric in metrics} == {
        "ECSServiceAverageCPUUtilization": None,
        "ALBRequestCountPerTarget": f"{balancer}/{group}",
    }


def test_update_of_the_service_keeps_the_number_of_replicas(prod: DeployedStack, service: dict[str, str]) -> None:
    prod.aws("ecs").update_service(**service, desiredCount=5)

    with configured(prod.stack, {"memoryLimit": "1600"}):  # updates the service
        run(prod.stack.up)
        count = _desired_count(prod, service)
    run(prod.stack.up)

    assert count == 5


def test_larger_desired_count_becomes_the_minimum(prod: DeployedStack, service: dict[str, str]) -> None:
    with configured(prod.stack, {"desiredCount": "3"}):
        changes = run(prod.stack.up).changes
        count = _desired_count(prod, service)
    changes_back = run(prod.stack.up).changes

    # The service stays as it is; an alarm compares the healthy targets with the minimum.
    expected = {"Target registry-replicas": "update", "MetricAlarm registry-too-few-healthy-targets": "update"}
    assert changes == changes_back == expected
    assert (count, _desired_count(prod, service)) == (3, 3)  # only the load lowers it


def _desired_count(prod: DeployedStack, service: dict[str, str]) -> int:
    described: dict[str, Any] = prod.aws("ecs").describe_services(
        cluster=service["cluster"], services=[service["service"]]
    )
    return described["services"][0]["desiredCount"]
