"""An internal registry: private addresses, and image data that passes the load balancer unless clients reach S3."""

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, environment, upstream

REDIRECT = "REGISTRY_STORAGE_REDIRECT_DISABLE"


def declared(declare: Declare, **args: bool) -> Declaration:
    arguments = PrivateRegistryArgs(allowed_cidrs=["10.0.0.0/8"], **args)  # pyright: ignore[reportArgumentType]
    return declare(lambda: PrivateRegistry("images", arguments))


@pytest.fixture(scope="module")
def private(declare: Declare) -> Declaration:
    return declared(declare, internal=True)


def test_the_only_public_address_is_the_nat_gateways_way_out(private: Declaration) -> None:
    assert private.one("aws:lb/loadBalancer:LoadBalancer").inputs["internal"] is True
    (interface,) = private.one("aws:ec2/launchTemplate:LaunchTemplate").inputs["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    assert not any(subnet.inputs.get("mapPublicIpOnLaunch") for subnet in private.all("aws:ec2/subnet:Subnet"))
    gateways = {gateway.inputs["allocationId"] for gateway in private.all("aws:ec2/natGateway:NatGateway")}
    assert {address.id for address in private.all("aws:ec2/eip:Eip")} == gateways


def test_the_load_balancer_and_the_instances_are_in_the_private_subnets(private: Declaration) -> None:
    subnets = {s.id for s in private.all("aws:ec2/subnet:Subnet") if s.name.startswith("images-private-")}
    assert set(private.one("aws:lb/loadBalancer:LoadBalancer").inputs["subnets"]) == subnets
    assert set(private.one("aws:autoscaling/group:Group").inputs["vpcZoneIdentifiers"]) == subnets


def test_only_the_allowed_ranges_connect(private: Declaration) -> None:
    rules = private.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert [rule.inputs["cidrIpv4"] for rule in rules if "cidrIpv4" in rule.inputs] == ["10.0.0.0/8"]


def test_clients_are_sent_to_s3_only_where_they_reach_it(
    declare: Declare, registry: Declaration, private: Declaration
) -> None:
    reaching = declared(declare, internal=True, clients_reach_s3=True)
    disabled = [environment(declaration)[REDIRECT] for declaration in (registry, private, reaching)]
    assert disabled == ["false", "true", "false"]


def test_of_other_clients_nobody_has_to_say_that_they_reach_it(declare: Declare) -> None:
    assert environment(declared(declare, clients_reach_s3=True))[REDIRECT] == "false"


@pytest.mark.parametrize(
    ("args", "ways_out"),
    [
        (PrivateRegistryArgs(internal=True), {"natGateway:NatGateway", "route:Route"}),
        (
            PrivateRegistryArgs(isolated=True, image="123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"),
            {"vpcEndpoint:VpcEndpoint"},
        ),
    ],
    ids=["internal", "isolated"],
)
def test_the_instances_wait_for_a_way_out_and_the_load_balancer_does_not(
    declare: Declare, args: PrivateRegistryArgs, ways_out: set[str]
) -> None:
    declaration = declare(lambda: PrivateRegistry("images", args))
    made = {
        each.urn
        for each in declaration.resources
        if each.type.rpartition("/")[2] in ways_out and each.name != "images-public"
    }
    assert made
    assert made <= upstream(declaration, declaration.one("aws:autoscaling/group:Group"))
    assert not made & upstream(declaration, declaration.one("aws:lb/loadBalancer:LoadBalancer"))
