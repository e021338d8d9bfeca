"""Auto Scaling, where moto lacks what AWS does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import create_auto_scaling_group

NAME = "registry"


def test_refresh_is_in_progress_until_it_is_cancelled(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    client = aws("autoscaling")
    first = client.start_instance_refresh(AutoScalingGroupName=NAME)["InstanceRefreshId"]
    with pytest.raises(ClientError, match="InstanceRefreshInProgress"):
        client.start_instance_refresh(AutoScalingGroupName=NAME)
    assert client.cancel_instance_refresh(AutoScalingGroupName=NAME)["InstanceRefreshId"] == first
    with pytest.raises(ClientError, match="ActiveInstanceRefreshNotFound"):
        client.cancel_instance_refresh(AutoScalingGroupName=NAME)
    client.start_instance_refresh(AutoScalingGroupName=NAME)
    refreshes = client.describe_instance_refreshes(AutoScalingGroupName=NAME)["InstanceRefreshes"]
    assert [refresh["Status"] for refresh in refreshes] == ["InProgress", "Cancelled"]


def test_first_launch_fails(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    [activity] = aws("autoscaling").describe_scaling_activities(AutoScalingGroupName=NAME)["Activities"]
    assert (activity["StatusCode"], activity["Progress"]) == ("Failed", 100)
    assert "do not have sufficient" in activity["StatusMessage"]
