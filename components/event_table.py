"""The events of a registry that are alarms."""

import pulumi

from .events import Event
from .pure import event_patterns


def events(group: pulumi.Output[str], cluster_arn: pulumi.Output[str]) -> list[Event]:
    """Return the events.

    Args:
        group: the name of the instances' Auto Scaling group.
        cluster_arn: the ARN of the ECS cluster, which has one service.
    """
    return [
        Event(
            name="launch-failed",
            means="An instance was not launched, or its boot script has failed.",
            pattern=group.apply(event_patterns.failed_launch),
            details={"time": "$.time", "instance": "$.detail.EC2InstanceId", "reason": "$.detail.StatusMessage"},
        ),
        Event(
            name="instance-refresh-failed",
            means="An instance refresh has ended before all instances were replaced.",
            pattern=group.apply(event_patterns.failed_instance_refresh),
            details={"time": "$.time", "event": "$.detail-type", "refresh": "$.detail.InstanceRefreshId"},
        ),
        Event(
            name="deployment-failed",
            means="No new task became healthy, and ECS has ended the deployment.",
            pattern=cluster_arn.apply(event_patterns.failed_deployment),
            details={"time": "$.time", "deployment": "$.detail.deploymentId", "reason": "$.detail.reason"},
        ),
    ]
