"""Calls that the emulated Auto Scaling refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import create_auto_scaling_group


def test_group_with_instances_is_deleted_only_by_force(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    autoscaling = aws("autoscaling")
    with pytest.raises(ClientError, match="ResourceInUse"):
        autoscaling.delete_auto_scaling_group(AutoScalingGroupName="registry")
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="registry", ForceDelete=True)


@pytest.mark.parametrize(("desired", "message"), [(0, "0 is below min value 1"), (2, "2 is above max value 1")])
def test_desired_capacity_out_of_bounds_is_refused(aws: Callable[[str], Any], desired: int, message: str) -> None:
    create_auto_scaling_group(aws)
    with pytest.raises(ClientError, match=message):
        aws("autoscaling").set_desired_capacity(AutoScalingGroupName="registry", DesiredCapacity=desired)


def test_minimum_size_above_the_maximum_is_refused(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    with pytest.raises(ClientError, match="Max bound, 1, must be greater than or equal to min bound, 2"):
        aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName="registry", MinSize=2)


@pytest.mark.parametrize(
    ("preferences", "message"),
    [
        ({"MaxHealthyPercentage": 150}, "MaxHealthyPercentage needs MinHealthyPercentage"),
        ({"MinHealthyPercentage": 50, "MaxHealthyPercentage": 151}, "difference between them cannot exceed 100"),
        ({"AutoRollback": True}, "when the DesiredConfiguration parameter is empty"),
    ],
)
def test_invalid_instance_refresh_preferences_are_refused(
    aws: Callable[[str], Any], preferences: dict[str, Any], message: str
) -> None:
    create_auto_scaling_group(aws)
    with pytest.raises(ClientError, match=message):
        aws("autoscaling").start_instance_refresh(AutoScalingGroupName="registry", Preferences=preferences)


@pytest.mark.parametrize(
    "options", [{"Preferences": {"SkipMatching": True}}, {"DesiredConfiguration": {"LaunchTemplate": {"Version": "1"}}}]
)
def test_instance_refresh_compares_no_ami_from_a_parameter(aws: Callable[[str], Any], options: dict[str, Any]) -> None:
    create_auto_scaling_group(
        aws, image_id="resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
    )
    autoscaling = aws("autoscaling")
    with pytest.raises(ClientError, match="uses an SSM parameter instead of an AMI ID"):
        autoscaling.start_instance_refresh(AutoScalingGroupName="registry", **options)
    autoscaling.start_instance_refresh(AutoScalingGroupName="registry")
