"""Auto Scaling, where moto lacks what AWS does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.machine.processes import wait_until
from tests.sandbox.aws_api.networks import create_auto_scaling_group, subnet_ids

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


def test_refresh_moves_the_instances_to_the_present_subnets(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    client, (_, other) = aws("autoscaling"), subnet_ids(aws("ec2"))
    client.update_auto_scaling_group(AutoScalingGroupName=NAME, VPCZoneIdentifier=other)
    client.start_instance_refresh(AutoScalingGroupName=NAME)

    def refresh() -> str:
        return client.describe_instance_refreshes(AutoScalingGroupName=NAME)["InstanceRefreshes"][0]["Status"]

    wait_until(lambda: refresh() == "Successful", "the instance refresh", seconds=30)
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    reservations = aws("ec2").describe_instances(Filters=running)["Reservations"]
    assert [instance["SubnetId"] for each in reservations for instance in each["Instances"]] == [other]


def test_instances_are_spread_over_the_subnets(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    subnets = subnet_ids(aws("ec2"))
    aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=NAME, VPCZoneIdentifier=",".join(subnets), MaxSize=2, DesiredCapacity=2
    )
    reservations = aws("ec2").describe_instances()["Reservations"]
    assert sorted(i["SubnetId"] for each in reservations for i in each["Instances"]) == sorted(subnets)


def test_first_launch_fails(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    [activity] = aws("autoscaling").describe_scaling_activities(AutoScalingGroupName=NAME)["Activities"]
    assert (activity["StatusCode"], activity["Progress"]) == ("Failed", 100)
    assert "do not have sufficient" in activity["StatusMessage"]
