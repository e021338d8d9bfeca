"""Calls that Amazon EC2 Auto Scaling refuses."""

from __future__ import annotations

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse

from sandbox.aws.patching import refuses


@refuses(AutoScalingResponse, "delete_auto_scaling_group", "ResourceInUse")
def _group_with_instances(response: Any) -> str | None:
    """Source: Auto Scaling API Reference, "DeleteAutoScalingGroup", ResourceInUse."""
    group = response.autoscaling_backend.autoscaling_groups.get(response._get_param("AutoScalingGroupName"))
    if group and group.instance_states and not response._get_bool_param("ForceDelete", False):
        return (
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group."
        )
    return None


@refuses(AutoScalingResponse, "set_desired_capacity", "ValidationError")
def _desired_capacity_out_of_bounds(response: Any) -> str | None:
    """Source: Auto Scaling API Reference, "SetDesiredCapacity"."""
    group, desired = _group(response), response._get_int_param("DesiredCapacity")
    if desired > group.max_size:
        bound = f"above max value {group.max_size}"
    elif desired < group.min_size:
        bound = f"below min value {group.min_size}"
    else:
        return None
    return f"New SetDesiredCapacity value {desired} is {bound} for the AutoScalingGroup."


@refuses(AutoScalingResponse, "update_auto_scaling_group", "ValidationError")
def _minimum_above_maximum(response: Any) -> str | None:
    """Source: Auto Scaling API Reference, "UpdateAutoScalingGroup", MaxSize and MinSize."""
    group = _group(response)
    largest = response._get_int_param("MaxSize", group.max_size)
    smallest = response._get_int_param("MinSize", group.min_size)
    if smallest > largest:
        return f"Max bound, {largest}, must be greater than or equal to min bound, {smallest}"
    return None


@refuses(AutoScalingResponse, "start_instance_refresh", "ValidationError")
def _healthy_percentages_too_far_apart(response: Any) -> str | None:
    """Source: Auto Scaling API Reference, "RefreshPreferences", MaxHealthyPercentage."""
    preferences = response._get_param("Preferences", {})
    least, most = (preferences.get(f"{bound}HealthyPercentage") for bound in ("Min", "Max"))
    if most is not None and (least is None or int(most) - int(least) > 100):
        return "MaxHealthyPercentage needs MinHealthyPercentage, and the difference between them cannot exceed 100."
    return None


@refuses(AutoScalingResponse, "start_instance_refresh", "ValidationError")
def _rollback_without_configuration(response: Any) -> str | None:
    """Sources: Auto Scaling API Reference, "RefreshPreferences", AutoRollback; terraform-provider-aws#29830."""
    rollback = response._get_param("Preferences", {}).get("AutoRollback")
    if rollback in (True, "true") and not response._get_param("DesiredConfiguration"):
        return (
            "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty. "
            "Set AutoRollback to false or specify a desired configuration and try again."
        )
    return None


@refuses(AutoScalingResponse, "start_instance_refresh", "ValidationError")
def _matching_an_ami_from_a_parameter(response: Any) -> str | None:
    """AWS accepts neither a desired configuration nor skip matching if the AMI is an SSM parameter.

    Source: Amazon EC2 Auto Scaling User Guide, "Use AWS Systems Manager parameters instead of AMI IDs in launch
    templates", Limitations.
    """
    group = _group(response)
    template = group.ec2_launch_template.get_version(group.launch_template_version)
    if not template.image_id.startswith("resolve:ssm:"):
        return None
    skips = response._get_param("Preferences", {}).get("SkipMatching") in (True, "true")
    if skips or response._get_param("DesiredConfiguration"):
        return (
            "A launch template that uses an SSM parameter instead of an AMI ID for ImageId is not supported when a "
            "desired configuration is specified or skip matching is enabled."
        )
    return None


def _group(response: Any) -> Any:
    """The Auto Scaling group that a request names."""
    return response.autoscaling_backend.autoscaling_groups[response._get_param("AutoScalingGroupName")]
