"""What Auto Scaling refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.responses import AutoScalingResponse

from sandbox.aws.patching import wrap


def enforce() -> None:
    """Enforce the rules."""
    wrap(AutoScalingResponse, "delete_auto_scaling_group", _instances_left)
    wrap(AutoScalingResponse, "set_desired_capacity", _within_bounds)
    wrap(AutoScalingResponse, "start_instance_refresh", _healthy_percentages)
    wrap(AutoScalingResponse, "start_instance_refresh", _rollback_needs_a_configuration)
    wrap(AutoScalingResponse, "update_auto_scaling_group", _sizes_in_order)


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


def _within_bounds(call: Callable[..., Any], response: Any) -> Any:
    """Source: Auto Scaling API Reference, "SetDesiredCapacity"."""
    group, desired = _group(response), response._get_int_param("DesiredCapacity")
    if not group.min_size <= desired <= group.max_size:
        bound, size = ("above max", group.max_size) if desired > group.max_size else ("below min", group.min_size)
        raise ValidationError(
            f"New SetDesiredCapacity value {desired} is {bound} value {size} for the AutoScalingGroup."
        )
    return call(response)


def _sizes_in_order(call: Callable[..., Any], response: Any) -> Any:
    """Source: Auto Scaling API Reference, "UpdateAutoScalingGroup", MaxSize and MinSize."""
    group = _group(response)
    largest = response._get_int_param("MaxSize", group.max_size)
    smallest = response._get_int_param("MinSize", group.min_size)
    if smallest > largest:
        raise ValidationError(f"Max bound, {largest}, must be greater than or equal to min bound, {smallest}")
    return call(response)


def _healthy_percentages(call: Callable[..., Any], response: Any) -> Any:
    """Source: Auto Scaling API Reference, "RefreshPreferences", MaxHealthyPercentage."""
    preferences = response._get_param("Preferences", {})
    least, most = (preferences.get(f"{bound}HealthyPercentage") for bound in ("Min", "Max"))
    if most is not None and (least is None or int(most) - int(least) > 100):
        raise ValidationError(
            "MaxHealthyPercentage needs MinHealthyPercentage, and the difference between them cannot exceed 100."
        )
    return call(response)


def _rollback_needs_a_configuration(call: Callable[..., Any], response: Any) -> Any:
    """Source: Auto Scaling API Reference, "RefreshPreferences", AutoRollback; terraform-provider-aws#29830."""
    rollback = response._get_param("Preferences", {}).get("AutoRollback")
    if rollback in (True, "true") and not response._get_param("DesiredConfiguration"):
        raise ValidationError(
            "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty. "
            "Set AutoRollback to false or specify a desired configuration and try again."
        )
    return call(response)


def _group(response: Any) -> Any:
    """The group that a request names."""
    return response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
