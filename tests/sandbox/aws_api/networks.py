"""The network that a test's resources stand in."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any


def subnet_ids(ec2: Any) -> list[str]:
    """Two subnets of the account's default VPC, in two zones."""
    return [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]


def own_subnet_ids(ec2: Any) -> tuple[str, list[str]]:
    """A new VPC without an internet gateway, and its two subnets in two zones."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(("us-west-2a", "us-west-2b"))
    ]


def attach_internet_gateway(ec2: Any, vpc: str) -> str:
    """The id of a new one."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


def create_load_balancer(elbv2: Any, subnets: list[str], name: str = "registry", **options: Any) -> str:
    """The ARN of a new one."""
    return elbv2.create_load_balancer(Name=name, Subnets=subnets, **options)["LoadBalancers"][0]["LoadBalancerArn"]


def create_target_group(elbv2: Any, vpc: str) -> str:
    """The ARN of a new one."""
    made = elbv2.create_target_group(Name="registry", Protocol="HTTP", Port=80, VpcId=vpc)
    return made["TargetGroups"][0]["TargetGroupArn"]


def create_listener(elbv2: Any, balancer: str, target_group: str, **options: Any) -> None:
    """On port 80, or as the options say."""
    options = {"Protocol": "HTTP", "Port": 80, **options}
    actions = [{"Type": "forward", "TargetGroupArn": target_group}]
    elbv2.create_listener(LoadBalancerArn=balancer, DefaultActions=actions, **options)


def create_auto_scaling_group(aws: Callable[[str], Any], *, user_data: str = "") -> None:
    """A group called "registry" with one instance in the default VPC."""
    data = {"ImageId": "ami-1234abcd", "UserData": base64.b64encode(user_data.encode()).decode()}
    aws("ec2").create_launch_template(LaunchTemplateName="registry", LaunchTemplateData=data)
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="registry",
        LaunchTemplate={"LaunchTemplateName": "registry", "Version": "1"},
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=subnet_ids(aws("ec2"))[0],
    )
