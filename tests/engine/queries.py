"""Ask the AWS API for resources of which an account has one, and for an object's versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

AwsClients = Callable[[str], Any]
"""Returns a boto3 client for the name of a service, such as "ec2"."""


class ObjectVersion(NamedTuple):
    """A version of an object in S3. A delete marker has no ETag."""

    key: str
    version_id: str
    etag: str
    is_latest: bool


def object_versions(aws: AwsClients, bucket: str) -> set[ObjectVersion]:
    """All versions and delete markers in a bucket."""
    listed = aws("s3").list_object_versions(Bucket=bucket)
    return {
        ObjectVersion(version["Key"], version["VersionId"], version.get("ETag", ""), version["IsLatest"])
        for version in [*listed.get("Versions", ()), *listed.get("DeleteMarkers", ())]
    }


def auto_scaling_group(aws: AwsClients) -> dict[str, Any]:
    [group] = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return group


def instance_refreshes(aws: AwsClients) -> list[dict[str, Any]]:
    """The instance refreshes of the Auto Scaling Group, newest first."""
    name = auto_scaling_group(aws)["AutoScalingGroupName"]
    return aws("autoscaling").describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]


def launch_template_data(aws: AwsClients, template_id: str, version: str = "$Latest") -> dict[str, Any]:
    """The content of a launch template's version."""
    found = aws("ec2").describe_launch_template_versions(LaunchTemplateId=template_id, Versions=[version])
    [described] = found["LaunchTemplateVersions"]
    return described["LaunchTemplateData"]


def load_balancer(aws: AwsClients) -> dict[str, Any]:
    [found] = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    return found


def listener(aws: AwsClients) -> dict[str, Any]:
    """The load balancer's only listener."""
    arn = load_balancer(aws)["LoadBalancerArn"]
    [found] = aws("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
    return found
