"""An ECS service whose replicas are scaled, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

REPLICAS = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/registry/registry",
    "ScalableDimension": "ecs:service:DesiredCount",
}
"""Identifies the replicas of the service."""


def create_service(aws: Callable[[str], Any], *, desired_count: int = 1) -> None:
    """Create the cluster "registry" with the service "registry"."""
    ecs, container = aws("ecs"), {"name": "registry", "image": "registry:2", "memory": 64}
    ecs.create_cluster(clusterName="registry")
    ecs.register_task_definition(family="registry", containerDefinitions=[container])
    ecs.create_service(
        cluster="registry", serviceName="registry", taskDefinition="registry", desiredCount=desired_count
    )


def put_policy(scaling: Any, metric: Mapping[str, str]) -> None:
    """Create a target tracking policy for a predefined metric."""
    scaling.put_scaling_policy(
        **REPLICAS,
        PolicyName=metric["PredefinedMetricType"],
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={"TargetValue": 50.0, "PredefinedMetricSpecification": metric},
    )
