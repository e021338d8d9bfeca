"""A network without internet access: instances reach the services that they call through VPC endpoints."""

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from components.endpoints import INTERFACE_SERVICES
from sandbox.evaluation.declared import Declaration
from tests.unit import reachability
from tests.unit.helpers import Declare, all_dependencies

IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/mirror/registry:3"
ENDPOINT, SUBNET = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:ec2/subnet:Subnet"
ARGS = PrivateRegistryArgs(isolated=True, image=IMAGE)


def declared(declare: Declare, args: PrivateRegistryArgs) -> Declaration:
    return declare(lambda: PrivateRegistry("registry", args))


@pytest.fixture(scope="module")
def isolated(declare: Declare) -> Declaration:
    return declared(declare, ARGS)


def without(declaration: Declaration, service: str) -> Declaration:
    """Return the declaration without an endpoint."""
    endpoint = declaration.one(ENDPOINT, f"registry-{service}")
    return declaration.changed(lambda resource: None if resource == endpoint else resource)


def test_no_route_to_the_internet(isolated: Declaration) -> None:
    gateways = {r.type for r in isolated.resources if "Gateway" in r.type or r.type in ("aws:ec2/eip:Eip",)}
    assert gateways == set()
    assert isolated.all("aws:ec2/route:Route") == []
    assert {subnet.name for subnet in isolated.all(SUBNET)} == {f"registry-private-{zone}" for zone in (1, 2)}
    assert isolated.one("aws:lb/loadBalancer:LoadBalancer").inputs["internal"] is True


def test_every_called_host_is_reachable(isolated: Declaration) -> None:
    assert reachability.unreachable(isolated) == set()


def test_every_called_host_is_reachable_with_a_nat_gateway_per_zone(registry: Declaration) -> None:
    assert reachability.unreachable(registry, "images") == set()


@pytest.mark.parametrize(
    "args",
    [PrivateRegistryArgs(nat_gateways="single"), PrivateRegistryArgs(nat_gateways="none")],
    ids=["single", "none"],
)
def test_every_called_host_is_reachable_in_other_networks(declare: Declare, args: PrivateRegistryArgs) -> None:
    assert reachability.unreachable(declared(declare, args)) == set()


@pytest.mark.parametrize("service", [*INTERFACE_SERVICES, "s3"])
def test_every_endpoint_is_needed(isolated: Declaration, service: str) -> None:
    assert reachability.unreachable(without(isolated, service))


def test_instances_depend_on_every_endpoint(isolated: Declaration) -> None:
    dependencies = all_dependencies(isolated, isolated.one("aws:autoscaling/group:Group"))
    assert {endpoint.urn for endpoint in isolated.all(ENDPOINT)} <= dependencies


def test_interface_endpoints_are_in_every_zone_with_one_security_group(isolated: Declaration) -> None:
    subnets = {subnet.id for subnet in isolated.all(SUBNET)}
    interfaces = [endpoint.inputs for endpoint in isolated.all(ENDPOINT) if endpoint.name != "registry-s3"]
    group = isolated.one("aws:ec2/securityGroup:SecurityGroup", "registry-endpoints")
    assert {(frozenset(i["subnetIds"]), tuple(i["securityGroupIds"])) for i in interfaces} == {
        (frozenset(subnets), (group.id,))
    }
