"""The scaling of the service: Application Auto Scaling follows the load between a minimum and a maximum of replicas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

if TYPE_CHECKING:  # a registry without scaling does not load appautoscaling
    _Metric = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgsDict

# What one vCPU of a replica serves before answers become slower, and the share of its time that it is busy then
# (docs/performance.md, "Scaling"). The targets are half of it: while new instances boot, the load may double.
_KNEE_REQUESTS_PER_SECOND = 144
_KNEE_CPU_PERCENT = 74
_SHARE_OF_KNEE = 0.5

# From the decision until a new replica takes its part of the requests: its instance boots, its task starts and becomes
# healthy, and CloudWatch has a minute with it. A shorter cooldown would add replicas for a load that the ones on their
# way will take.
_SCALE_OUT_COOLDOWN_SECONDS = 300
# A removed replica finishes its requests first (`load_balancer`, `pure.container`): at most 390 s. After a period of
# CloudWatch's low alarm, 15 minutes, without it, the next one may go.
_SCALE_IN_COOLDOWN_SECONDS = 900


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """Arguments of `Scaling`.

    Attributes:
        cluster_name: the ECS cluster's name.
        service_name: the ECS service's name.
        min_count: the minimum number of replicas.
        max_count: the maximum number of replicas.
        vcpus: the vCPUs of an instance, each of which runs one replica.
        load_balancer_arn_suffix: the load balancer in the dimensions of CloudWatch's metrics.
        target_group_arn_suffix: the target group in the dimensions of CloudWatch's metrics.
        tags: the tags of the scalable target. Default: none.
    """

    cluster_name: pulumi.Input[str]
    service_name: pulumi.Input[str]
    min_count: int
    max_count: int
    vcpus: int
    load_balancer_arn_suffix: pulumi.Input[str]
    target_group_arn_suffix: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Scaling(pulumi.ComponentResource):
    """The scaling of an ECS service by its processor time and by the requests per replica.

    Application Auto Scaling adds replicas if either is above its target value, and removes some if both are below. It
    raises the number of replicas at once if `min_count` is larger (API Reference, "RegisterScalableTarget").

    Creates: aws.appautoscaling.Target, two aws.appautoscaling.Policy.
    """

    def __init__(self, name: str, args: ScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Scaling", name, {}, opts)
        self._prefix = name
        self._child = pulumi.ResourceOptions(parent=self)
        self._target = aws.appautoscaling.Target(
            f"{name}-replicas",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", args.cluster_name, "/", args.service_name),
            min_capacity=args.min_count,
            max_capacity=args.max_count,
            tags=args.tags,
            opts=self._child,
        )
        cpu, requests = target_values(args.vcpus)
        self._policy("cpu", {"predefined_metric_type": "ECSServiceAverageCPUUtilization"}, cpu)
        # AWS refuses the label of a target group without a load balancer. The service, and so the scalable target,
        # exists only after the listener that joins the two.
        label = pulumi.Output.concat(args.load_balancer_arn_suffix, "/", args.target_group_arn_suffix)
        self._policy(
            "requests", {"predefined_metric_type": "ALBRequestCountPerTarget", "resource_label": label}, requests
        )
        self.register_outputs({})

    def _policy(self, suffix: str, metric: _Metric, target_value: float) -> None:
        aws.appautoscaling.Policy(
            f"{self._prefix}-replicas-{suffix}",
            policy_type="TargetTrackingScaling",
            service_namespace=self._target.service_namespace,
            scalable_dimension=self._target.scalable_dimension,
            resource_id=self._target.resource_id,
            target_tracking_scaling_policy_configuration={
                "predefined_metric_specification": metric,
                "target_value": target_value,
                "scale_out_cooldown": _SCALE_OUT_COOLDOWN_SECONDS,
                "scale_in_cooldown": _SCALE_IN_COOLDOWN_SECONDS,
            },
            opts=self._child,
        )


def target_values(vcpus: int) -> tuple[float, float]:
    """Return the target values for a replica with these vCPUs: CPU in percent of them, and requests per minute."""
    return _KNEE_CPU_PERCENT * _SHARE_OF_KNEE, 60 * _KNEE_REQUESTS_PER_SECOND * vcpus * _SHARE_OF_KNEE
