"""Auto Scaling as AWS answers it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from sandbox.patching import add, wrap


def close() -> None:
    """Close the gaps."""
    wrap(AutoScalingResponse, "delete_auto_scaling_group", _let_protected_instances_go)
    add(AutoScalingResponse, "start_instance_refresh", _start_instance_refresh)
    add(AutoScalingResponse, "describe_instance_refreshes", _describe_instance_refreshes)


def _let_protected_instances_go(delete: Callable[..., Any], response: Any) -> ActionResult:
    """A forced deletion takes them too; in moto they outlive their group.

    Source: Auto Scaling API Reference, "DeleteAutoScalingGroup", ForceDelete.
    """
    if response._get_bool_param("ForceDelete", False):
        group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
        for instance in group.instance_states:
            instance.protected_from_scale_in = False
    return delete(response)


def _start_instance_refresh(response: Any) -> ActionResult:
    """A refresh that is done at once."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    now = datetime.now(timezone.utc)
    group.instance_refresh = {
        "InstanceRefreshId": str(uuid.uuid4()),
        "AutoScalingGroupName": group.name,
        "Status": "Successful",
        "StartTime": now,
        "EndTime": now,
        "PercentageComplete": 100,
        "InstancesToUpdate": 0,
    }
    return ActionResult({"InstanceRefreshId": group.instance_refresh["InstanceRefreshId"]})


def _describe_instance_refreshes(response: Any) -> ActionResult:
    """The last refresh of a group, if there was one."""
    group = response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
    last = getattr(group, "instance_refresh", None)
    return ActionResult({"InstanceRefreshes": [last] if last else []})
