"""The VPC: subnets in several zones, a way out or none, and a private way to S3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .args import ExistingNetwork, NatGateways
from .endpoints import INTERFACE_SERVICES, Endpoints, EndpointsArgs
from .location import Location
from .lookups import asked_once
from .outputs import known_after
from .problems import InvalidInput, Problem
from .pure.cidr import zone_cidrs

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """A network's size and ways out.

    Attributes:
        location: the region, for the name of its S3 service.
        cidr: the VPC's range, /16 to /23.
        availability_zones: how many zones.
        nat_gateways: "perZone", "single", or "none".
        isolated: whether there is no way to the internet, and an endpoint for each service that an instance calls.
        flow_log_bucket_arn: the bucket that gets a log of all traffic. Default: none.
        tags: on everything.
    """

    location: Location
    cidr: str
    availability_zones: int
    nat_gateways: NatGateways
    isolated: bool = False
    flow_log_bucket_arn: pulumi.Input[str] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each of several Availability Zones; isolated, private ones alone.

    Makes: aws.ec2.Vpc, aws.ec2.DefaultSecurityGroup (emptied), aws.ec2.InternetGateway, a public and a private
    aws.ec2.Subnet per zone, aws.ec2.RouteTable (one public, one private per zone) with its associations and
    aws.ec2.Route, aws.ec2.Eip and aws.ec2.NatGateway (as many as `nat_gateways` says), Endpoints (S3; isolated, all
    that an instance calls), aws.ec2.FlowLog (with `flow_log_bucket_arn`).

    Attributes:
        as_existing: what a registry needs to know of it. A subnet's id is known once its way out is there. It names no
            private subnets if nothing in them gets out.
        internal_subnet_ids: the private subnets for what needs no way out, as an internal load balancer: known earlier.
        endpoints: the VPC endpoints, by service.
    """

    as_existing: ExistingNetwork
    internal_subnet_ids: Sequence[pulumi.Output[str]]
    endpoints: Mapping[str, aws.ec2.VpcEndpoint]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Network", name, {}, opts)
        self._prefix, self._tags = name, args.tags
        self._child = pulumi.ResourceOptions(parent=self)
        zones = self._zones(args.availability_zones)
        cidrs = dict(zip(zones, zone_cidrs(args.cidr, len(zones)), strict=True))
        self._vpc_id = self._vpc(args.cidr)
        tables = {zone: self._route_table(f"private-{zone}") for zone in zones}
        public: dict[str, pulumi.Output[str]] = {}
        public_tables: list[aws.ec2.RouteTable] = []
        to_nat: dict[str, list[aws.ec2.Route]] = {}
        if not args.isolated:
            table, to_internet = self._public_table()
            public_tables = [table]
            public = {
                zone: self._subnet(f"public-{zone}", zone, cidrs[zone].public, table, to_internet) for zone in zones
            }
            to_nat = self._nat(args.nat_gateways, public, tables)
        internal = {zone: self._subnet(f"private-{zone}", zone, cidrs[zone].private, tables[zone]) for zone in zones}
        self.internal_subnet_ids = list(internal.values())
        self.endpoints = Endpoints(
            name,
            EndpointsArgs(
                location=args.location,
                vpc_id=self._vpc_id,
                route_table_ids=[table.id for table in (*public_tables, *tables.values())],
                interface_services=INTERFACE_SERVICES if args.isolated else (),
                subnet_ids=self.internal_subnet_ids,
                client_cidrs=[args.cidr],
                tags=args.tags,
            ),
            opts=self._child,
        ).by_service
        way_out = {zone: self.endpoints.values() if args.isolated else to_nat.get(zone, ()) for zone in zones}
        private = {zone: known_after(subnet, *way_out[zone]) for zone, subnet in internal.items()}
        if args.flow_log_bucket_arn is not None:
            self._flow_log(args.flow_log_bucket_arn)
        self.as_existing = ExistingNetwork(
            vpc_id=self._vpc_id,
            public_subnet_ids=list(public.values()),
            private_subnet_ids=list(private.values()) if args.isolated or to_nat else (),
        )
        self.register_outputs({"vpcId": self._vpc_id})

    def _vpc(self, cidr: str) -> pulumi.Output[str]:
        vpc = aws.ec2.Vpc(
            f"{self._prefix}-vpc",
            cidr_block=cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("vpc"),
            opts=self._child,
        )
        # Without rules it lets nothing through: who forgets to name a security group gets no network.
        aws.ec2.DefaultSecurityGroup(
            f"{self._prefix}-default",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=self._named("default"),
            opts=self._child,
        )
        return vpc.id

    def _flow_log(self, bucket_arn: pulumi.Input[str]) -> None:
        aws.ec2.FlowLog(
            f"{self._prefix}-flow-log",
            vpc_id=self._vpc_id,
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination=bucket_arn,
            tags=self._named("flow-log"),
            opts=self._child,
        )

    def _zones(self, count: int) -> list[str]:
        """The first ones."""
        zones = asked_once(_offered_zones, self)
        if len(zones) < count:
            raise InvalidInput(
                [
                    Problem(
                        key="availability_zones",
                        found=f"{count} is more than the region has",
                        allowed=f"at most {len(zones)}: {', '.join(zones)}",
                        example=str(len(zones)),
                    )
                ]
            )
        return zones[:count]

    def _named(self, role: str) -> dict[str, str]:
        return {**self._tags, "Name": f"{self._prefix}-{role}"}

    def _public_table(self) -> tuple[aws.ec2.RouteTable, aws.ec2.Route]:
        gateway = aws.ec2.InternetGateway(
            f"{self._prefix}-internet", vpc_id=self._vpc_id, tags=self._named("internet"), opts=self._child
        )
        table = self._route_table("public")
        route = aws.ec2.Route(
            f"{self._prefix}-public",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        return table, route

    def _nat(
        self, mode: NatGateways, public: Mapping[str, pulumi.Input[str]], tables: Mapping[str, aws.ec2.RouteTable]
    ) -> dict[str, list[aws.ec2.Route]]:
        """The way out of each zone's private subnet; none without NAT gateways."""
        zones = list(tables)
        homes = {"perZone": zones, "single": zones[:1] * len(zones), "none": []}[mode]
        gateways = {home: self._nat_gateway(home, public[home]) for home in dict.fromkeys(homes)}
        return {
            zone: [
                aws.ec2.Route(
                    f"{self._prefix}-private-{zone}",
                    route_table_id=tables[zone].id,
                    destination_cidr_block=_ANYWHERE,
                    nat_gateway_id=gateways[home].id,
                    opts=self._child,
                )
            ]
            for zone, home in zip(zones, homes, strict=False)
        }

    def _nat_gateway(self, zone: str, subnet_id: pulumi.Input[str]) -> aws.ec2.NatGateway:
        role = f"nat-{zone}"
        address = aws.ec2.Eip(f"{self._prefix}-{role}", domain="vpc", tags=self._named(role), opts=self._child)
        return aws.ec2.NatGateway(
            f"{self._prefix}-{role}",
            subnet_id=subnet_id,
            allocation_id=address.id,
            tags=self._named(role),
            opts=self._child,
        )

    def _route_table(self, role: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            f"{self._prefix}-{role}", vpc_id=self._vpc_id, tags=self._named(role), opts=self._child
        )

    def _subnet(
        self, role: str, zone: str, cidr: str, table: aws.ec2.RouteTable, *routes: aws.ec2.Route
    ) -> pulumi.Output[str]:
        """A subnet's id, once its routes are there."""
        subnet = aws.ec2.Subnet(
            f"{self._prefix}-{role}",
            vpc_id=self._vpc_id,
            availability_zone=zone,
            cidr_block=cidr,
            tags=self._named(role),
            opts=self._child,
        )
        association = aws.ec2.RouteTableAssociation(
            f"{self._prefix}-{role}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
        )
        return known_after(subnet.id, association, *routes)


def _offered_zones(opts: pulumi.InvokeOptions) -> list[str]:
    """The region's zones by name; local zones and such, which one must opt in to, are left out."""
    offered = aws.get_availability_zones(
        state="available", filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}], opts=opts
    )
    return sorted(offered.names)
