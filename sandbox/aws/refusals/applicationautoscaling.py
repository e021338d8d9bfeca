"""Calls that Application Auto Scaling refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.elbv2.models import elbv2_backends

from sandbox.aws.patching import refuses
from sandbox.aws.refusals.elbv2 import load_balancers_of_target_group


@refuses(ApplicationAutoscalingBackend, "register_scalable_target", "ValidationException")
def _maximum_below_the_minimum(_backend: Any, min_capacity: int | None, max_capacity: int | None) -> str | None:
    """Source: Application Auto Scaling API Reference, "RegisterScalableTarget", MaxCapacity."""
    if min_capacity is not None and max_capacity is not None and max_capacity < min_capacity:
        return "Maximum capacity cannot be less than minimum capacity"
    return None


@refuses(ApplicationAutoscalingBackend, "put_scaling_policy", "ObjectNotFoundException")
def _no_scalable_target(backend: Any, service_namespace: str, resource_id: str, scalable_dimension: str) -> str | None:
    """Source: cloudposse/terraform-aws-ecs-cloudwatch-autoscaling#36."""
    if resource_id in backend.targets.get(scalable_dimension, ()):
        return None
    return (
        f"No scalable target registered for service namespace: {service_namespace}, resource ID: {resource_id},"
        f" scalable dimension: {scalable_dimension}"
    )


@refuses(ApplicationAutoscalingBackend, "put_scaling_policy", "ValidationException")
def _label_of_no_attached_target_group(backend: Any, policy_body: Mapping[str, Any]) -> str | None:
    """The label is app/NAME/ID/targetgroup/NAME/ID, of a target group that the load balancer forwards to.

    Sources: Application Auto Scaling API Reference, "PredefinedMetricSpecification", ResourceLabel;
    terraform-provider-aws#9734.
    """
    metric = policy_body.get("PredefinedMetricSpecification", {})
    if metric.get("PredefinedMetricType") != "ALBRequestCountPerTarget":
        return None
    balancer, _, group = metric.get("ResourceLabel", "").partition("/targetgroup/")
    elbv2 = elbv2_backends[backend.account_id][backend.region_name]
    for arn in elbv2.target_groups:
        attached = load_balancers_of_target_group(elbv2, arn)
        if arn.endswith(f":targetgroup/{group}") and any(
            each.endswith(f":loadbalancer/{balancer}") for each in attached
        ):
            return None
    return f"Target group targetgroup/{group} is not attached to the load balancer {balancer}"
