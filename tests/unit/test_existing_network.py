"""A registry in an existing network."""

from dataclasses import replace
from typing import Any

import pytest

from components import ExistingNetwork, PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

PUBLIC, PRIVATE = ("subnet-0a", "subnet-0b"), ("subnet-1a", "subnet-1b")
NETWORK = ExistingNetwork(vpc_id="vpc-0123456789abcdef0", public_subnet_ids=PUBLIC, private_subnet_ids=PRIVATE)
# The EC2 resources of a registry besides the network.
OWN = {
    "aws:ec2/managedPrefixList:ManagedPrefixList",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/securityGroup:SecurityGroup",
}


def declared(declare: Declare, network: ExistingNetwork, **more: Any) -> Declaration:
    return declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(network=network, **more)))


@pytest.fixture(scope="module")
def embedded(declare: Declare) -> Declaration:
    return declared(declare, NETWORK)


def test_no_network_resources_are_created(embedded: Declaration) -> None:
    assert {r.type for r in embedded.resources if r.type.startswith("aws:ec2/")} == OWN


def test_resources_are_in_the_existing_vpc(embedded: Declaration) -> None:
    groups = embedded.all("aws:ec2/securityGroup:SecurityGroup")
    targets = embedded.one("aws:lb/targetGroup:TargetGroup")
    assert {resource.inputs["vpcId"] for resource in (*groups, targets)} == {NETWORK.vpc_id}


@pytest.mark.parametrize(
    ("network", "internal", "balancer", "instances", "public_addresses"),
    [
        (NETWORK, False, PUBLIC, PRIVATE, "false"),
        (NETWORK, True, PRIVATE, PRIVATE, "false"),
        (replace(NETWORK, public_subnet_ids=()), True, PRIVATE, PRIVATE, "false"),
        (replace(NETWORK, private_subnet_ids=()), False, PUBLIC, PUBLIC, "true"),
    ],
    ids=["both kinds", "both kinds, internal", "only private, internal", "only public"],
)
def test_subnets_of_load_balancer_and_instances(
    declare: Declare,
    network: ExistingNetwork,
    internal: bool,
    balancer: tuple[str, ...],
    instances: tuple[str, ...],
    public_addresses: str,
) -> None:
    declaration = declared(declare, network, internal=internal)
    load_balancer = declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs
    assert (tuple(load_balancer["subnets"]), load_balancer["internal"]) == (balancer, internal)
    group = declaration.one("aws:autoscaling/group:Group").inputs
    assert tuple(group["vpcZoneIdentifiers"]) == instances
    (interface,) = declaration.one("aws:ec2/launchTemplate:LaunchTemplate").inputs["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == public_addresses


def test_s3_endpoint_is_created_for_route_tables(declare: Declare) -> None:
    network = replace(NETWORK, s3_route_table_ids=["rtb-0123456789abcdef0"])
    endpoint = declared(declare, network).one("aws:ec2/vpcEndpoint:VpcEndpoint").inputs
    assert (endpoint["vpcId"], endpoint["routeTableIds"]) == (NETWORK.vpc_id, ["rtb-0123456789abcdef0"])
    assert (endpoint["serviceName"], endpoint["vpcEndpointType"]) == ("com.amazonaws.us-west-2.s3", "Gateway")


def test_instances_wait_for_the_s3_endpoint(declare: Declare) -> None:
    """Without a NAT gateway, an instance cannot boot before. The resources of a component wait with it."""
    declaration = declared(declare, replace(NETWORK, s3_route_table_ids=["rtb-0123456789abcdef0"]))
    endpoint = declaration.one("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.urn in declaration.one("private-registry:index:Capacity").dependencies


@pytest.mark.parametrize("nat", ["perZone", "none"])
def test_second_registry_shares_the_network_of_the_first(declare: Declare, nat: str) -> None:
    def program() -> None:
        first = PrivateRegistry("images", PrivateRegistryArgs(nat_gateways=nat))  # pyright: ignore[reportArgumentType]
        PrivateRegistry("charts", PrivateRegistryArgs(network=first.network))

    declaration = declare(program)
    first, second = (
        declaration.one("aws:autoscaling/group:Group", f"{name}-instances") for name in ("images", "charts")
    )
    assert first.inputs["vpcZoneIdentifiers"] == second.inputs["vpcZoneIdentifiers"]
    assert len(declaration.all("aws:ec2/vpc:Vpc")) == 1
    templates = declaration.all("aws:ec2/launchTemplate:LaunchTemplate")
    assert (
        len({str(template.inputs["networkInterfaces"][0]["associatePublicIpAddress"]) for template in templates}) == 1
    )
