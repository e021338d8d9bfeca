"""Gaps of moto's Auto Scaling that the emulator closes."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.machine.processes import wait_until
from tests.sandbox.aws_api.networks import create_auto_scaling_group, subnet_ids

NAME = "registry"


def test_instance_refresh_is_in_progress_until_cancelled(aws: Callable[[str], Any]) -> None:
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


def test_instance_refresh_starts_instances_in_the_current_subnets(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    client, (_, other) = aws("autoscaling"), subnet_ids(aws("ec2"))
    client.update_auto_scaling_group(AutoScalingGroupName=NAME, VPCZoneIdentifier=other)
    _refresh_instances(client)
    assert [instance["SubnetId"] for instance in _running_instances(aws("ec2"))] == [other]


def test_instance_refresh_starts_instances_of_a_later_launch_template_version(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    client, ec2 = aws("autoscaling"), aws("ec2")
    template = {"LaunchTemplateName": NAME}
    [first] = ec2.describe_launch_template_versions(**template)["LaunchTemplateVersions"]
    user_data = base64.b64encode(b"#!/bin/sh").decode()
    changed = {**first["LaunchTemplateData"], "InstanceType": "m7g.large", "UserData": user_data}
    ec2.create_launch_template_version(**template, LaunchTemplateData=changed)
    client.update_auto_scaling_group(AutoScalingGroupName=NAME, LaunchTemplate={**template, "Version": "2"})
    _refresh_instances(client)
    assert [instance["InstanceType"] for instance in _running_instances(ec2)] == ["m7g.large"]


def test_instances_spread_over_subnets(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    subnets = subnet_ids(aws("ec2"))
    aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=NAME, VPCZoneIdentifier=",".join(subnets), MaxSize=2, DesiredCapacity=2
    )
    assert sorted(instance["SubnetId"] for instance in _running_instances(aws("ec2"))) == sorted(subnets)


def test_forced_deletion_terminates_protected_instances(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    client = aws("autoscaling")
    [instance] = client.describe_auto_scaling_instances()["AutoScalingInstances"]
    client.set_instance_protection(
        AutoScalingGroupName=NAME, InstanceIds=[instance["InstanceId"]], ProtectedFromScaleIn=True
    )
    client.delete_auto_scaling_group(AutoScalingGroupName=NAME, ForceDelete=True)
    assert _running_instances(aws("ec2")) == []


def test_first_launch_is_reported_as_failed(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    [activity] = aws("autoscaling").describe_scaling_activities(AutoScalingGroupName=NAME)["Activities"]
    assert (activity["StatusCode"], activity["Progress"]) == ("Failed", 100)
    assert "do not have sufficient" in activity["StatusMessage"]


def _refresh_instances(client: Any) -> None:
    """Start an instance refresh and wait for its end."""
    client.start_instance_refresh(AutoScalingGroupName=NAME)

    def status() -> str:
        return client.describe_instance_refreshes(AutoScalingGroupName=NAME)["InstanceRefreshes"][0]["Status"]

    wait_until(lambda: status() == "Successful", "the instance refresh", seconds=30)


def _running_instances(ec2: Any) -> list[dict[str, Any]]:
    running = [{"Name": "instance-state-name", "Values": ["running"]}]
    reservations = ec2.describe_instances(Filters=running)["Reservations"]
    return [instance for reservation in reservations for instance in reservation["Instances"]]


def test_group_collects_the_metrics_that_are_enabled(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    client = aws("autoscaling")

    def collected() -> list[str]:
        (group,) = client.describe_auto_scaling_groups(AutoScalingGroupNames=[NAME])["AutoScalingGroups"]
        return [metric["Metric"] for metric in group.get("EnabledMetrics", [])]

    client.enable_metrics_collection(
        AutoScalingGroupName=NAME, Metrics=["GroupInServiceInstances"], Granularity="1Minute"
    )
    assert collected() == ["GroupInServiceInstances"]
    client.disable_metrics_collection(AutoScalingGroupName=NAME, Metrics=["GroupInServiceInstances"])
    assert collected() == []
