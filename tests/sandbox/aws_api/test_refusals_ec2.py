"""What EC2 refuses, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import attach_internet_gateway, create_load_balancer, own_subnet_ids

Clients = Callable[[str], Any]


@dataclass(frozen=True)
class Ground:
    """A VPC with two subnets, an internet gateway and a security group."""

    aws: Clients
    vpc: str
    subnets: list[str]
    gateway: str
    group: str


@pytest.fixture
def ground(aws: Clients) -> Ground:
    ec2 = aws("ec2")
    vpc, subnets = own_subnet_ids(ec2)
    group = ec2.create_security_group(GroupName="registry", Description="test", VpcId=vpc)["GroupId"]
    return Ground(aws, vpc, subnets, attach_internet_gateway(ec2, vpc), group)


def _instance(ground: Ground) -> Callable[[], Any]:
    """One that was launched by a launch template, as those of an Auto Scaling group."""
    interface = {
        "DeviceIndex": 0,
        "AssociatePublicIpAddress": True,
        "DeleteOnTermination": True,
        "Groups": [ground.group],
        "SubnetId": ground.subnets[0],
    }
    ec2 = ground.aws("ec2")
    [instance] = ec2.run_instances(ImageId="ami-1234abcd", MinCount=1, MaxCount=1, NetworkInterfaces=[interface])[
        "Instances"
    ]
    return lambda: ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def _nat_gateway(ground: Ground) -> Callable[[], Any]:
    ec2 = ground.aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=ground.subnets[0], AllocationId=address)["NatGateway"]
    return lambda: ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])


def _load_balancer(ground: Ground) -> Callable[[], Any]:
    elbv2 = ground.aws("elbv2")
    arn = create_load_balancer(elbv2, ground.subnets, SecurityGroups=[ground.group])
    return lambda: elbv2.delete_load_balancer(LoadBalancerArn=arn)


def _interface_endpoint(ground: Ground) -> Callable[[], Any]:
    return _endpoint(ground, "ecs", "Interface", SubnetIds=ground.subnets[:1], SecurityGroupIds=[ground.group])


def _gateway_endpoint(ground: Ground) -> Callable[[], Any]:
    return _endpoint(ground, "s3", "Gateway")


def _endpoint(ground: Ground, service: str, type_: str, **options: Any) -> Callable[[], Any]:
    ec2 = ground.aws("ec2")
    name = f"com.amazonaws.us-west-2.{service}"
    made = ec2.create_vpc_endpoint(VpcId=ground.vpc, ServiceName=name, VpcEndpointType=type_, **options)
    return lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])


def _rule_of_another_group(ground: Ground) -> Callable[[], Any]:
    ec2 = ground.aws("ec2")
    other = ec2.create_security_group(GroupName="other", Description="test", VpcId=ground.vpc)["GroupId"]
    rules = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": ground.group}]}]
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=rules)
    return lambda: ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=rules)


@pytest.mark.parametrize("use", [_instance, _nat_gateway, _load_balancer, _interface_endpoint])
def test_subnet_in_use_is_not_deleted(ground: Ground, use: Callable[[Ground], Callable[[], Any]]) -> None:
    delete, end = lambda: ground.aws("ec2").delete_subnet(SubnetId=ground.subnets[0]), use(ground)
    _refused_until(end, delete, "DependencyViolation.*has dependencies and cannot be deleted")


@pytest.mark.parametrize("use", [_instance, _load_balancer, _interface_endpoint, _rule_of_another_group])
def test_security_group_in_use_is_not_deleted(ground: Ground, use: Callable[[Ground], Callable[[], Any]]) -> None:
    delete, end = lambda: ground.aws("ec2").delete_security_group(GroupId=ground.group), use(ground)
    _refused_until(end, delete, "DependencyViolation.*has a dependent object")


@pytest.mark.parametrize("use", [_instance, _nat_gateway, _load_balancer])
def test_internet_gateway_is_not_detached_from_public_addresses(
    ground: Ground, use: Callable[[Ground], Callable[[], Any]]
) -> None:
    def detach() -> None:
        ground.aws("ec2").detach_internet_gateway(InternetGatewayId=ground.gateway, VpcId=ground.vpc)

    _refused_until(use(ground), detach, "DependencyViolation.*has some mapped public address")


def test_vpc_in_use_is_not_deleted(ground: Ground) -> None:
    ec2 = ground.aws("ec2")
    endpoint = _gateway_endpoint(ground)
    for subnet in ground.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    for end in (
        endpoint,
        lambda: ec2.detach_internet_gateway(InternetGatewayId=ground.gateway, VpcId=ground.vpc),
        lambda: ec2.delete_security_group(GroupId=ground.group),
    ):
        with pytest.raises(ClientError, match="DependencyViolation"):
            ec2.delete_vpc(VpcId=ground.vpc)
        end()
    ec2.delete_vpc(VpcId=ground.vpc)


def test_address_of_a_nat_gateway_is_not_released(ground: Ground) -> None:
    end = _nat_gateway(ground)
    ec2 = ground.aws("ec2")
    [address] = ec2.describe_addresses()["Addresses"]
    _refused_until(end, lambda: ec2.release_address(AllocationId=address["AllocationId"]), "AuthFailure")


def test_nat_gateway_fails_without_an_internet_gateway(ground: Ground) -> None:
    ec2 = ground.aws("ec2")
    ec2.detach_internet_gateway(InternetGatewayId=ground.gateway, VpcId=ground.vpc)
    _nat_gateway(ground)
    [gateway] = ec2.describe_nat_gateways()["NatGateways"]
    assert (gateway["State"], gateway["FailureCode"]) == ("failed", "Gateway.NotAttached")


def test_reserved_security_group_name_is_refused(aws: Clients) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*may not be in the format sg-\*"):
        aws("ec2").create_security_group(GroupName="sg-registry", Description="test")


def test_security_group_description_with_an_apostrophe_is_refused(aws: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="Invalid security group description"):
        aws("ec2").create_security_group(GroupName="registry", Description="The registry's")


def test_rule_description_with_an_apostrophe_is_refused(aws: Callable[[str], Any]) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="registry", Description="test")["GroupId"]
    for whom in (
        {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "The registry's"}]},
        {"UserIdGroupPairs": [{"GroupId": group, "Description": "The registry's"}]},
    ):
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **whom}
        with pytest.raises(ClientError, match="Invalid rule description"):
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def _refused_until(end: Callable[[], Any], delete: Callable[[], Any], match: str) -> None:
    with pytest.raises(ClientError, match=match):
        delete()
    end()
    delete()
