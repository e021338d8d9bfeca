"""Patterns of EventBridge for the events of one registry.

Sources: Amazon EC2 Auto Scaling User Guide, "Amazon EC2 Auto Scaling event reference"; Amazon ECS Developer Guide,
"Amazon ECS service deployment state change events".
"""

from collections.abc import Mapping
from typing import Any

Pattern = Mapping[str, Any]


def failed_launch(group: str) -> Pattern:
    """Match the launches of an Auto Scaling group that EC2 refused, or that a boot script has abandoned.

    The group's activity of an abandoned launch has the status Cancelled and the notification EC2_INSTANCE_LAUNCH_ERROR.
    """
    return _of_group(group, "EC2 Instance Launch Unsuccessful")


def failed_instance_refresh(group: str) -> Pattern:
    """Match the instance refreshes of an Auto Scaling group that did not replace all instances."""
    return _of_group(group, "EC2 Auto Scaling Instance Refresh Failed", "EC2 Auto Scaling Instance Refresh Cancelled")


def failed_deployment(cluster_arn: str) -> Pattern:
    """Match the deployments of an ECS cluster's services that the circuit breaker has ended.

    A service's ARN contains its cluster's name (Amazon ECS Developer Guide, "Amazon Resource Names (ARNs) and IDs").
    """
    services = f"{cluster_arn.replace(':cluster/', ':service/', 1)}/"
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change"],
        "resources": [{"prefix": services}],
        "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
    }


def _of_group(group: str, *types: str) -> Pattern:
    return {"source": ["aws.autoscaling"], "detail-type": list(types), "detail": {"AutoScalingGroupName": [group]}}
