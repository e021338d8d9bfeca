"""An internal registry: private addresses, and redirects to S3 only for clients that reach it."""

import json

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies, environment

REDIRECT = "REGISTRY_STORAGE_REDIRECT_DISABLE"


def declared(declare: Declare, **args: bool) -> Declaration:
    arguments = PrivateRegistryArgs(allowed_cidrs=["10.0.0.0/8"], **args)  # pyright: ignore[reportArgumentType]
    return declare(lambda: PrivateRegistry("images", arguments))


@pytest.fixture(scope="module")
def private(declare: Declare) -> Declaration:
    return declared(declare, internal=True)


def test_only_nat_gateways_have_public_addresses(private: Declaration) -> None:
    assert private.one("aws:lb/loadBalancer:LoadBalancer").inputs["internal"] is True
    (interface,) = private.one("aws:ec2/launchTemplate:LaunchTemplate").inputs["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    assert not any(subnet.inputs.get("mapPublicIpOnLaunch") for subnet in private.all("aws:ec2/subnet:Subnet"))
    gateways = {gateway.inputs["allocationId"] for gateway in private.all("aws:ec2/natGateway:NatGateway")}
    assert {address.id for address in private.all("aws:ec2/eip:Eip")} == gateways


def test_load_balancer_and_instances_are_in_the_private_subnets(private: Declaration) -> None:
    subnets = {s.id for s in private.all("aws:ec2/subnet:Subnet") if s.name.startswith("images-private-")}
    assert set(private.one("aws:lb/loadBalancer:LoadBalancer").inputs["subnets"]) == subnets
    assert set(private.one("aws:autoscaling/group:Group").inputs["vpcZoneIdentifiers"]) == subnets


def test_only_allowed_ranges_may_connect(private: Declaration) -> None:
    assert private.one("aws:ec2/managedPrefixList:ManagedPrefixList").inputs["entries"] == [{"cidr": "10.0.0.0/8"}]


def test_clients_are_redirected_only_if_they_reach_s3(
    declare: Declare, registry: Declaration, private: Declaration
) -> None:
    with_redirects = declared(declare, internal=True, clients_reach_s3=True)
    disabled = [environment(declaration)[REDIRECT] for declaration in (registry, private, with_redirects)]
    assert disabled == ["false", "true", "false"]


def test_clients_of_a_public_registry_are_redirected(declare: Declare) -> None:
    assert environment(declared(declare, clients_reach_s3=True))[REDIRECT] == "false"


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (PrivateRegistryArgs(allowed_cidrs=["203.0.113.0/24"]), {"PresignedUrlAge", "PresignedUrlClient"}),
        (PrivateRegistryArgs(), {"PresignedUrlAge"}),
        (PrivateRegistryArgs(allowed_cidrs=["10.0.0.0/8"], internal=True, clients_reach_s3=True), {"PresignedUrlAge"}),
    ],
    ids=["public", "from anywhere", "internal"],
)
def test_presigned_urls_are_for_clients_with_known_public_addresses(
    declare: Declare, args: PrivateRegistryArgs, expected: set[str]
) -> None:
    """S3 sees the public addresses of a public registry's clients. Those of an internal one's are unknown."""
    policy = declare(lambda: PrivateRegistry("images", args)).one("aws:s3/bucketPolicy:BucketPolicy", "images-images")
    statements = json.loads(policy.inputs["policy"])["Statement"]
    assert {statement["Sid"] for statement in statements} - {"TlsOnly"} == expected


@pytest.mark.parametrize(
    ("args", "types"),
    [
        (PrivateRegistryArgs(internal=True), {"natGateway:NatGateway", "route:Route"}),
        (
            PrivateRegistryArgs(isolated=True, image="123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"),
            {"vpcEndpoint:VpcEndpoint"},
        ),
    ],
    ids=["internal", "isolated"],
)
def test_only_instances_depend_on_nat_routes_and_interface_endpoints(
    declare: Declare, args: PrivateRegistryArgs, types: set[str]
) -> None:
    declaration = declare(lambda: PrivateRegistry("images", args))
    urns = {
        each.urn
        for each in declaration.resources
        if each.type.rpartition("/")[2] in types and each.name != "images-public"
    }
    assert urns
    assert urns <= all_dependencies(declaration, declaration.one("aws:autoscaling/group:Group"))
    assert not urns & all_dependencies(declaration, declaration.one("aws:lb/loadBalancer:LoadBalancer"))
