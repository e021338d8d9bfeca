"""Gaps of moto's Amazon EC2 Auto Scaling: instance refreshes, scaling activities, how instances spread over zones."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from sandbox.aws.patching import around, method_of

# How long an instance refresh takes. In AWS it takes minutes.
_REFRESH_SECONDS = float(os.environ.get("EMULATED_REFRESH_SECONDS", "5"))


@around(AutoScalingResponse, "delete_auto_scaling_group")
def _terminate_protected_instances(delete: Callable[..., Any], response: Any) -> ActionResult:
    """A forced deletion terminates protected instances too. moto keeps them.

    Source: Auto Scaling API Reference, "DeleteAutoScalingGroup", ForceDelete.
    """
    if response._get_bool_param("ForceDelete", False):
        for instance in _group(response).instance_states:
            instance.protected_from_scale_in = False
    return delete(response)


@around(FakeAutoScalingGroup, "replace_autoscaling_group_instances")
def _balance_zones(launch: Callable[..., Any], group: Any, count: int, tags: dict[str, str]) -> None:
    """Each instance starts in the subnet with the fewest instances. moto starts all of them in the first subnet.

    Source: Amazon EC2 Auto Scaling User Guide, "Amazon EC2 Auto Scaling benefits", Instance distribution.
    """
    subnets = group.vpc_zone_identifier
    try:
        for _ in range(count):
            used = [state.instance.subnet_id for state in group.instance_states]
            group.vpc_zone_identifier = min((subnets or "").split(","), key=used.count)
            launch(group, 1, tags)
    finally:
        group.vpc_zone_identifier = subnets


@method_of(AutoScalingResponse)
def start_instance_refresh(response: Any) -> ActionResult:
    """Start new instances in the group's current subnets, and terminate the old ones, after some seconds.

    Source: Auto Scaling API Reference, "StartInstanceRefresh".
    """
    refreshes = _refreshes(response)
    if refreshes and refreshes[0]["Status"] == "InProgress":
        raise AutoscalingClientError("InstanceRefreshInProgress", "An Instance Refresh is already in progress")
    refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": response._get_param("AutoScalingGroupName"),
        "Status": "InProgress",
        "StartTime": datetime.now(timezone.utc),
        "PercentageComplete": 0,
    }
    refreshes.insert(0, refresh)
    finish = threading.Timer(_REFRESH_SECONDS, _replace_instances, (_group(response), refresh))
    finish.daemon = True
    finish.start()
    return ActionResult({"InstanceRefreshId": refresh["InstanceRefreshId"]})


def _replace_instances(group: Any, refresh: dict[str, Any]) -> None:
    """Finish a refresh and log it, unless it was cancelled or its group was deleted."""
    if refresh["Status"] != "InProgress" or group not in group.autoscaling_backend.autoscaling_groups.values():
        return
    old = list(group.instance_states)
    group.replace_autoscaling_group_instances(len(old), group.get_propagated_tags())
    group.instance_states = [state for state in group.instance_states if state not in old]
    group.autoscaling_backend.ec2_backend.terminate_instances([state.instance.id for state in old])
    refresh |= {"Status": "Successful", "PercentageComplete": 100, "EndTime": datetime.now(timezone.utc)}
    print(f"autoscaling instance refresh of {group.name} has replaced {len(old)} instances", flush=True)


@method_of(AutoScalingResponse)
def cancel_instance_refresh(response: Any) -> ActionResult:
    """Source: Auto Scaling API Reference, "CancelInstanceRefresh"."""
    refreshes = _refreshes(response)
    if not refreshes or refreshes[0]["Status"] != "InProgress":
        raise AutoscalingClientError("ActiveInstanceRefreshNotFound", "No Instance Refresh is in progress")
    refreshes[0] |= {"Status": "Cancelled", "EndTime": datetime.now(timezone.utc)}
    return ActionResult({"InstanceRefreshId": refreshes[0]["InstanceRefreshId"]})


@method_of(AutoScalingResponse)
def describe_instance_refreshes(response: Any) -> ActionResult:
    """Return a group's refreshes, the newest first.

    Source: Auto Scaling API Reference, "DescribeInstanceRefreshes".
    """
    ids = response._get_param("InstanceRefreshIds", [])
    found = [refresh for refresh in _refreshes(response) if not ids or refresh["InstanceRefreshId"] in ids]
    return ActionResult({"InstanceRefreshes": found})


def _refreshes(response: Any) -> list[dict[str, Any]]:
    """The refreshes of the group that a request names."""
    return vars(_group(response)).setdefault("instance_refreshes", [])


@method_of(AutoScalingResponse)
def describe_scaling_activities(response: Any) -> ActionResult:
    """Report that a new group's first launch failed in one zone. In AWS, the next launch succeeds in another zone.

    Sources: Auto Scaling API Reference, "Activity"; Amazon EC2 Auto Scaling User Guide, "Troubleshoot Amazon EC2 Auto
    Scaling: EC2 instance launch failures".
    """
    group = _group(response)
    failed = {
        "ActivityId": str(uuid.uuid5(uuid.NAMESPACE_URL, group.arn)),
        "AutoScalingGroupName": group.name,
        "Cause": "an instance was started in response to a difference between desired and actual capacity",
        "Description": "Launching a new EC2 instance.  Status Reason: We currently do not have sufficient capacity",
        "StatusCode": "Failed",
        "StatusMessage": "We currently do not have sufficient t3.small capacity in the Availability Zone you requested"
        " (us-west-2a). Launching EC2 instance failed.",
        "StartTime": datetime.fromisoformat(group.created_time).astimezone(timezone.utc),
        "Progress": 100,
    }
    return ActionResult({"Activities": [failed]})


@method_of(AutoScalingResponse)
def disable_metrics_collection(response: Any) -> ActionResult:
    """Collect fewer metrics of a group, or none.

    Source: Auto Scaling API Reference, "DisableMetricsCollection".
    """
    group, names = _group(response), response._get_param("Metrics")
    group.metrics = [metric for metric in group.metrics if names and metric not in names]
    return ActionResult({})


def _group(response: Any) -> Any:
    """The Auto Scaling group that a request names."""
    return response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
