"""What Auto Scaling refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.responses import AutoScalingResponse

from sandbox.patching import wrap


def enforce() -> None:
    """Enforce the rules."""
    wrap(AutoScalingResponse, "delete_auto_scaling_group", _instances_left)


def _instances_left(delete: Callable[..., Any], response: Any) -> Any:
    """Source: Auto Scaling API Reference, "DeleteAutoScalingGroup", ResourceInUse."""
    group = response.autoscaling_backend.autoscaling_groups.get(response._get_param("AutoScalingGroupName"))
    if group and group.instance_states and not response._get_bool_param("ForceDelete", False):
        raise AutoscalingClientError(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group.",
        )
    return delete(response)
