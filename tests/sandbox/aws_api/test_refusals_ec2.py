"""Calls that the emulated EC2 refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import attach_internet_gateway, create_load_balancer, create_vpc_and_subnets

Clients = Callable[[str], Any]
End = Callable[[], Any]  # ends the use of a resource


@dataclass(frozen=True)
class Network:
    """A VPC with two subnets, an internet gateway and a security group."""

    aws: Clients
    vpc: str
    subnets: list[str]
    gateway: str
    group: str


Use = Callable[[Network], End]  # starts to use a resource of the network


@pytest.fixture
def network(aws: Clients) -> Network:
    ec2 = aws("ec2")
    vpc, subnets = create_vpc_and_subnets(ec2)
    group = ec2.create_security_group(GroupName="registry", Description="test", VpcId=vpc)["GroupId"]
    return Network(aws, vpc, subnets, attach_internet_gateway(ec2, vpc), group)


def _instance(network: Network) -> End:
    """An instance as a launch template with a network interface starts it."""
    interface = {
        "DeviceIndex": 0,
        "AssociatePublicIpAddress": True,
        "DeleteOnTermination": True,
        "Groups": [network.group],
        "SubnetId": network.subnets[0],
    }
    ec2 = network.aws("ec2")
    [instance] = ec2.run_instances(ImageId="ami-1234abcd", MinCount=1, MaxCount=1, NetworkInterfaces=[interface])[
        "Instances"
    ]
    return lambda: ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])


def _nat_gateway(network: Network) -> End:
    ec2 = network.aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=network.subnets[0], AllocationId=address)["NatGateway"]
    return lambda: ec2.delete_nat_gateway(NatGatewayId=made["NatGatewayId"])


def _load_balancer(network: Network) -> End:
    elbv2 = network.aws("elbv2")
    arn = create_load_balancer(elbv2, network.subnets, SecurityGroups=[network.group])
    return lambda: elbv2.delete_load_balancer(LoadBalancerArn=arn)


def _interface_endpoint(network: Network) -> End:
    return _endpoint(network, "ecs", "Interface", SubnetIds=network.subnets[:1], SecurityGroupIds=[network.group])


def _gateway_endpoint(network: Network) -> End:
    return _endpoint(network, "s3", "Gateway")


def _endpoint(network: Network, service: str, type_: str, **options: Any) -> End:
    ec2 = network.aws("ec2")
    name = f"com.amazonaws.us-west-2.{service}"
    made = ec2.create_vpc_endpoint(VpcId=network.vpc, ServiceName=name, VpcEndpointType=type_, **options)
    return lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])


def _rule_of_another_group(network: Network) -> End:
    ec2 = network.aws("ec2")
    other = ec2.create_security_group(GroupName="other", Description="test", VpcId=network.vpc)["GroupId"]
    rules = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": network.group}]}]
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=rules)
    return lambda: ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=rules)


@pytest.mark.parametrize("use", [_instance, _nat_gateway, _load_balancer, _interface_endpoint])
def test_subnet_in_use_is_not_deleted(network: Network, use: Use) -> None:
    delete, end = lambda: network.aws("ec2").delete_subnet(SubnetId=network.subnets[0]), use(network)
    _refused_until(end, delete, "DependencyViolation.*has dependencies and cannot be deleted")


@pytest.mark.parametrize("use", [_instance, _load_balancer, _interface_endpoint, _rule_of_another_group])
def test_security_group_in_use_is_not_deleted(network: Network, use: Use) -> None:
    delete, end = lambda: network.aws("ec2").delete_security_group(GroupId=network.group), use(network)
    _refused_until(end, delete, "DependencyViolation.*has a dependent object")


@pytest.mark.parametrize("use", [_instance, _nat_gateway, _load_balancer])
def test_internet_gateway_with_public_addresses_is_not_detached(network: Network, use: Use) -> None:
    def detach() -> None:
        network.aws("ec2").detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)

    _refused_until(use(network), detach, "DependencyViolation.*has some mapped public address")


def test_vpc_in_use_is_not_deleted(network: Network) -> None:
    ec2 = network.aws("ec2")
    endpoint = _gateway_endpoint(network)
    for subnet in network.subnets:
        ec2.delete_subnet(SubnetId=subnet)
    for end in (
        endpoint,
        lambda: ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc),
        lambda: ec2.delete_security_group(GroupId=network.group),
    ):
        with pytest.raises(ClientError, match="DependencyViolation"):
            ec2.delete_vpc(VpcId=network.vpc)
        end()
    ec2.delete_vpc(VpcId=network.vpc)


def test_address_of_a_nat_gateway_is_not_released(network: Network) -> None:
    end = _nat_gateway(network)
    ec2 = network.aws("ec2")
    [address] = ec2.describe_addresses()["Addresses"]
    _refused_until(end, lambda: ec2.release_address(AllocationId=address["AllocationId"]), "AuthFailure")


def test_public_nat_gateway_fails_without_an_internet_gateway(network: Network) -> None:
    ec2 = network.aws("ec2")
    ec2.detach_internet_gateway(InternetGatewayId=network.gateway, VpcId=network.vpc)
    _nat_gateway(network)
    [gateway] = ec2.describe_nat_gateways()["NatGateways"]
    assert (gateway["State"], gateway["FailureCode"]) == ("failed", "Gateway.NotAttached")


def test_reserved_security_group_name_is_refused(aws: Clients) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameterValue.*may not be in the format sg-\*"):
        aws("ec2").create_security_group(GroupName="sg-registry", Description="test")


def test_security_group_description_with_an_apostrophe_is_refused(aws: Clients) -> None:
    with pytest.raises(ClientError, match="Invalid security group description"):
        aws("ec2").create_security_group(GroupName="registry", Description="The registry's")


def test_rule_description_with_an_apostrophe_is_refused(aws: Clients) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="registry", Description="test")["GroupId"]
    for peer in (
        {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "The registry's"}]},
        {"UserIdGroupPairs": [{"GroupId": group, "Description": "The registry's"}]},
    ):
        rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **peer}
        with pytest.raises(ClientError, match="Invalid rule description"):
            ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])


def _refused_until(end: End, delete: Callable[[], Any], match: str) -> None:
    """The deletion fails while the resource is in use, and succeeds after `end`."""
    with pytest.raises(ClientError, match=match):
        delete()
    end()
    delete()


@pytest.fixture
def prefix_list(network: Network) -> str:
    """A prefix list of one entry."""
    created = network.aws("ec2").create_managed_prefix_list(
        PrefixListName="clients", MaxEntries=1, AddressFamily="IPv4", Entries=[{"Cidr": "10.0.0.0/8"}]
    )
    return created["PrefixList"]["PrefixListId"]


def test_prefix_list_in_a_rule_is_not_deleted(network: Network, prefix_list: str) -> None:
    ec2 = network.aws("ec2")
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": prefix_list}]}
    ec2.authorize_security_group_ingress(GroupId=network.group, IpPermissions=[rule])
    assert ec2.delete_managed_prefix_list(PrefixListId=prefix_list)["PrefixList"]["State"] == "delete-failed"
    ec2.revoke_security_group_ingress(GroupId=network.group, IpPermissions=[rule])
    assert ec2.delete_managed_prefix_list(PrefixListId=prefix_list)["PrefixList"]["State"] == "delete-complete"


def test_entries_and_size_of_a_prefix_list_do_not_change_at_once(network: Network, prefix_list: str) -> None:
    change = {"CurrentVersion": 1, "MaxEntries": 2, "AddEntries": [{"Cidr": "192.168.0.0/16"}]}
    with pytest.raises(ClientError, match="in the same request"):
        network.aws("ec2").modify_managed_prefix_list(PrefixListId=prefix_list, **change)
