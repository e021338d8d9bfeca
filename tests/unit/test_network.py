"""The network: subnets, routes and gateways with each kind of NAT gateways."""

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

import pulumi
import pytest

from components.args import NatGateways
from components.network import Network, NetworkArgs
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.monitor import RecordingMonitor
from tests.unit.helpers import OREGON, Declare, all_dependencies

ZONES = [f"us-west-2{letter}" for letter in "abcd"]
ARGS = NetworkArgs(location=OREGON, cidr="10.0.0.0/16", zones=ZONES, zone_count=2, nat_gateways="perZone")
SUBNET, ROUTE, TABLE = "aws:ec2/subnet:Subnet", "aws:ec2/route:Route", "aws:ec2/routeTable:RouteTable"
ASSOCIATION, NAT = "aws:ec2/routeTableAssociation:RouteTableAssociation", "aws:ec2/natGateway:NatGateway"
Networks = Mapping[NatGateways, Declaration]
MODES = pytest.mark.parametrize("mode", ["perZone", "single", "none"])


def declared(declare: Declare, args: NetworkArgs) -> Declaration:
    def program() -> None:
        network = Network("net", args).as_existing
        subnets = {"private": network.private_subnet_ids, "public": network.public_subnet_ids}
        # The probes depend on what the IDs depend on.
        for kind, ids in subnets.items():
            assert isinstance(ids, list)
            pulumi.export(kind, ids)
            for number, id_ in enumerate(ids):
                pulumi.CustomResource("test:index:Probe", f"{kind}-{number}", {"subnet": id_})

    return declare(program)


@pytest.fixture(scope="module")
def networks(declare: Declare) -> Networks:
    """A network with each kind of NAT gateways."""
    return {mode: declared(declare, dataclasses.replace(ARGS, nat_gateways=mode)) for mode in get_args(NatGateways)}


@pytest.mark.parametrize(
    ("zones", "count", "expected"), [(ZONES, 2, "ab"), (ZONES, 3, "abc"), (["us-west-2d", "us-west-2b"], None, "db")]
)
def test_each_zone_has_a_public_and_a_private_subnet(
    declare: Declare, zones: list[str], count: int | None, expected: str
) -> None:
    subnets = declared(declare, dataclasses.replace(ARGS, zones=zones, zone_count=count)).all(SUBNET)
    assert {(subnet.name, subnet.inputs["availabilityZone"]) for subnet in subnets} == {
        (f"net-{kind}-{number}", f"us-west-2{letter}")
        for kind in ("public", "private")
        for number, letter in enumerate(expected, 1)
    }
    assert len({subnet.inputs["cidrBlock"] for subnet in subnets}) == 2 * len(expected)


@pytest.mark.parametrize(("mode", "gateway_zones"), [("perZone", [1, 2]), ("single", [1]), ("none", [])])
def test_nat_gateways_are_in_public_subnets_with_an_address_each(
    networks: Networks, mode: NatGateways, gateway_zones: list[int]
) -> None:
    network = networks[mode]
    subnet_ids = {subnet.id: subnet.name for subnet in network.all(SUBNET)}
    gateways = network.all(NAT)
    assert [subnet_ids[gateway.inputs["subnetId"]] for gateway in gateways] == [
        f"net-public-{zone}" for zone in gateway_zones
    ]
    addresses = {address.id for address in network.all("aws:ec2/eip:Eip")}
    assert {gateway.inputs["allocationId"] for gateway in gateways} == addresses
    assert len(addresses) == len(gateway_zones)


@pytest.mark.parametrize(("mode", "gateway_zones"), [("perZone", [1, 2]), ("single", [1, 1]), ("none", [])])
def test_private_route_tables_have_a_route_to_a_nat_gateway(
    networks: Networks, mode: NatGateways, gateway_zones: list[int]
) -> None:
    network = networks[mode]
    gateways = {gateway.id: gateway.name for gateway in network.all(NAT)}
    tables = {table.id: table.name for table in network.all(TABLE)}
    routes = {
        tables[route.inputs["routeTableId"]]: gateways[route.inputs["natGatewayId"]]
        for route in network.all(ROUTE)
        if "natGatewayId" in route.inputs
    }
    assert routes == {f"net-private-{zone}": f"net-nat-{gateway}" for zone, gateway in enumerate(gateway_zones, 1)}


@MODES
def test_public_subnets_have_a_route_to_the_internet_gateway(networks: Networks, mode: NatGateways) -> None:
    network = networks[mode]
    gateway = network.one("aws:ec2/internetGateway:InternetGateway")
    (route,) = [route for route in network.all(ROUTE) if route.inputs.get("gatewayId") == gateway.id]
    assert route.inputs["destinationCidrBlock"] == "0.0.0.0/0"
    associated = {a.name for a in network.all(ASSOCIATION) if a.inputs["routeTableId"] == route.inputs["routeTableId"]}
    assert associated == {"net-public-1", "net-public-2"}


@pytest.mark.parametrize(("mode", "numbers"), [("perZone", [1, 2]), ("single", [1, 2]), ("none", [])])
def test_private_subnets_are_for_instances_only_with_nat(
    networks: Networks, mode: NatGateways, numbers: list[int]
) -> None:
    network = networks[mode]
    subnet_ids = {subnet.id: subnet.name for subnet in network.all(SUBNET)}
    assert [subnet_ids[id_] for id_ in network.exports["private"]] == [f"net-private-{number}" for number in numbers]
    assert [subnet_ids[id_] for id_ in network.exports["public"]] == ["net-public-1", "net-public-2"]


@pytest.mark.parametrize(
    ("mode", "kind", "route"),
    [
        *(("perZone", "private", "net-private-2"), ("single", "private", "net-private-2")),
        *((mode, "public", "net-public") for mode in get_args(NatGateways)),
    ],
)
def test_subnet_ids_depend_on_their_routes(networks: Networks, mode: NatGateways, kind: str, route: str) -> None:
    network = networks[mode]
    dependencies = all_dependencies(network, network.one("test:index:Probe", f"{kind}-1"))
    assert network.one(ASSOCIATION, f"net-{kind}-2").urn in dependencies
    assert network.one(ROUTE, route).urn in dependencies


@MODES
def test_every_route_table_has_the_s3_endpoint(networks: Networks, mode: NatGateways) -> None:
    network = networks[mode]
    endpoint = network.one("aws:ec2/vpcEndpoint:VpcEndpoint").inputs
    assert (endpoint["serviceName"], endpoint["vpcEndpointType"]) == ("com.amazonaws.us-west-2.s3", "Gateway")
    assert set(endpoint["routeTableIds"]) == {table.id for table in network.all(TABLE)}
    assert len(endpoint["routeTableIds"]) == 3


def test_default_security_group_has_no_rules(networks: Networks) -> None:
    network = networks["perZone"]
    default = network.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup").inputs
    assert (default["ingress"], default["egress"]) == ([], [])
    assert default["vpcId"] == network.one("aws:ec2/vpc:Vpc").id


def test_flow_logs_are_optional_and_go_to_the_bucket(declare: Declare, networks: Networks) -> None:
    kind = "aws:ec2/flowLog:FlowLog"
    assert networks["perZone"].all(kind) == []
    log = declared(declare, dataclasses.replace(ARGS, flow_log_bucket_arn="arn:aws:s3:::logs")).one(kind).inputs
    assert (log["logDestination"], log["logDestinationType"], log["trafficType"]) == ("arn:aws:s3:::logs", "s3", "ALL")


def test_resources_of_a_zone_are_those_that_were_named_after_it(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 0.1.0 took the zones in their order, too."""
    former: dict[str, list[str]] = {}
    register = RecordingMonitor.RegisterResource

    def record(monitor: RecordingMonitor, request: Any) -> Any:
        former[f"{request.type.rpartition(':')[2]} {request.name}"] = [each.spec.name for each in request.aliases]
        return register(monitor, request)

    monkeypatch.setattr(RecordingMonitor, "RegisterResource", record)
    declared(declare, ARGS)
    assert {name: aliases for name, aliases in former.items() if aliases} == {
        f"{type_} net-{kind}-{number}": [f"net-{kind}-us-west-2{zone}"]
        for type_, kind in [
            *(("Subnet", "private"), ("RouteTable", "private"), ("RouteTableAssociation", "private")),
            *(("Route", "private"), ("Subnet", "public"), ("RouteTableAssociation", "public")),
            *(("Eip", "nat"), ("NatGateway", "nat")),
        ]
        for number, zone in enumerate("ab", 1)
    }
