"""Networks, load balancers and Auto Scaling groups for tests."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any


def subnet_ids(ec2: Any) -> list[str]:
    """Return two subnets of the default VPC, in two Availability Zones."""
    return [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]


def create_vpc_and_subnets(ec2: Any) -> tuple[str, list[str]]:
    """Create a VPC without an internet gateway, with subnets in two Availability Zones. Return their ids."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return vpc, [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for n, zone in enumerate(("us-west-2a", "us-west-2b"))
    ]


def attach_internet_gateway(ec2: Any, vpc: str) -> str:
    """Create an internet gateway, attach it to a VPC, and return its id."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return gateway


def create_load_balancer(elbv2: Any, subnets: list[str], name: str = "registry", **options: Any) -> str:
    """Create a load balancer and return its ARN."""
    return elbv2.create_load_balancer(Name=name, Subnets=subnets, **options)["LoadBalancers"][0]["LoadBalancerArn"]


def create_target_group(elbv2: Any, vpc: str) -> str:
    """Create a target group and return its ARN."""
    made = elbv2.create_target_group(Name="registry", Protocol="HTTP", Port=80, VpcId=vpc)
    return made["TargetGroups"][0]["TargetGroupArn"]


def create_listener(elbv2: Any, load_balancer: str, target_group: str, **options: Any) -> None:
    """Create a listener, by default for HTTP on port 80."""
    options = {"Protocol": "HTTP", "Port": 80, **options}
    actions = [{"Type": "forward", "TargetGroupArn": target_group}]
    elbv2.create_listener(LoadBalancerArn=load_balancer, DefaultActions=actions, **options)


def create_rule(elbv2: Any, load_balancer: str, target_group: str) -> None:
    """Create a rule of the load balancer's only listener."""
    [listener] = elbv2.describe_listeners(LoadBalancerArn=load_balancer)["Listeners"]
    elbv2.create_rule(
        ListenerArn=listener["ListenerArn"],
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/auth/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": target_group}],
    )


def create_auto_scaling_group(
    aws: Callable[[str], Any], *, user_data: str = "", image_id: str = "ami-1234abcd"
) -> None:
    """Create the Auto Scaling group "registry" with one instance in the default VPC."""
    data = {"ImageId": image_id, "UserData": base64.b64encode(user_data.encode()).decode()}
    aws("ec2").create_launch_template(LaunchTemplateName="registry", LaunchTemplateData=data)
    aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="registry",
        LaunchTemplate={"LaunchTemplateName": "registry", "Version": "1"},
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=subnet_ids(aws("ec2"))[0],
    )
