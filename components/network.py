"""The VPC: subnets in several Availability Zones, routes to the internet, endpoints for AWS services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .args import ExistingNetwork, NatGateways
from .endpoints import INTERFACE_SERVICES, Endpoints, EndpointsArgs
from .lookups import cached_invoke
from .outputs import with_dependencies
from .problems import InvalidInput, Problem
from .pure.cidr import zone_cidrs
from .pure.location import Location

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Arguments of `Network`.

    Attributes:
        location: the region, for the names of the endpoints' services.
        cidr: the VPC's CIDR block, /16 to /23.
        availability_zones: the number of Availability Zones.
        nat_gateways: "perZone", "single" or "none".
        isolated: whether the network has no routes to the internet, but an endpoint for each AWS service that an
            instance calls. Default False.
        flow_log_bucket_arn: the ARN of the bucket that gets the VPC flow logs. Default: no flow logs.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    cidr: str
    availability_zones: int
    nat_gateways: NatGateways
    isolated: bool = False
    flow_log_bucket_arn: pulumi.Input[str] | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each of several Availability Zones; isolated, only private subnets.

    Creates: aws.ec2.Vpc; aws.ec2.DefaultSecurityGroup without rules; aws.ec2.Subnet, a private one per zone; a private
    aws.ec2.RouteTable per zone; aws.ec2.RouteTableAssociation per subnet; Endpoints (for S3; isolated, for all services
    that an instance calls). Unless isolated: aws.ec2.InternetGateway, a public aws.ec2.Subnet per zone, one public
    aws.ec2.RouteTable, aws.ec2.Route, and aws.ec2.NatGateway with aws.ec2.Eip (as `nat_gateways` says). With
    `flow_log_bucket_arn`: aws.ec2.FlowLog.

    Attributes:
        as_existing: the network for a registry. Each subnet's ID depends on the routes or endpoints that the subnet's
            instances need. Private subnets without them are left out.
        internal_subnet_ids: the IDs of the private subnets, for an internal load balancer. They do not depend on NAT
            gateways or interface endpoints, which a load balancer does not need.
        endpoints: the VPC endpoints by service.

    Raises:
        InvalidInput: the region has too few Availability Zones.
    """

    as_existing: ExistingNetwork
    internal_subnet_ids: Sequence[pulumi.Output[str]]
    endpoints: Mapping[str, aws.ec2.VpcEndpoint]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Network", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        zones = self._zones()
        cidrs = dict(zip(zones, zone_cidrs(args.cidr, len(zones)), strict=True))
        self._vpc_id = self._vpc()
        private_tables = {zone: self._route_table(f"private-{zone}") for zone in zones}
        tables = list(private_tables.values())
        public: dict[str, pulumi.Output[str]] = {}
        nat_routes: dict[str, aws.ec2.Route] = {}
        if not args.isolated:
            public_table = self._route_table("public")
            route = self._internet_route(public_table)
            tables = [public_table, *tables]
            public = {zone: self._subnet("public", zone, cidrs[zone].public, public_table, route) for zone in zones}
            nat_routes = self._nat_routes(public, private_tables)
        private = {zone: self._subnet("private", zone, cidrs[zone].private, private_tables[zone]) for zone in zones}
        self.internal_subnet_ids = list(private.values())
        self.endpoints = self._endpoints(tables)
        if args.flow_log_bucket_arn is not None:
            self._flow_log(args.flow_log_bucket_arn)
        if args.isolated:
            for_instances = [with_dependencies(id_, *self.endpoints.values()) for id_ in private.values()]
        else:
            for_instances = [with_dependencies(private[zone], route) for zone, route in nat_routes.items()]
        self.as_existing = ExistingNetwork(
            vpc_id=self._vpc_id, public_subnet_ids=list(public.values()), private_subnet_ids=for_instances
        )
        self.register_outputs({"vpcId": self._vpc_id})

    def _zones(self) -> list[str]:
        """Return the first Availability Zones of the region."""
        count, available = self._args.availability_zones, cached_invoke(_available_zones, self)
        if len(available) < count:
            raise InvalidInput(
                [
                    Problem(
                        key="availability_zones",
                        found=f"{count} is more than the region has",
                        allowed=f"at most {len(available)}: {', '.join(available)}",
                        example={"availability_zones": len(available)},
                    )
                ]
            )
        return available[:count]

    def _vpc(self) -> pulumi.Output[str]:
        vpc = aws.ec2.Vpc(
            f"{self._prefix}-vpc",
            cidr_block=self._args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("vpc"),
            opts=self._child,
        )
        # The group of resources that name none. Without rules, it allows no traffic.
        aws.ec2.DefaultSecurityGroup(
            f"{self._prefix}-default",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=self._named("default"),
            opts=self._child,
        )
        return vpc.id

    def _route_table(self, suffix: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(
            f"{self._prefix}-{suffix}", vpc_id=self._vpc_id, tags=self._named(suffix), opts=self._child
        )

    def _internet_route(self, table: aws.ec2.RouteTable) -> aws.ec2.Route:
        gateway = aws.ec2.InternetGateway(
            f"{self._prefix}-internet", vpc_id=self._vpc_id, tags=self._named("internet"), opts=self._child
        )
        return aws.ec2.Route(
            f"{self._prefix}-public",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )

    def _subnet(
        self, kind: str, zone: str, cidr: str, table: aws.ec2.RouteTable, *routes: aws.ec2.Route
    ) -> pulumi.Output[str]:
        """Create a subnet and return its ID, which depends on its route table and the routes."""
        suffix = f"{kind}-{zone}"
        subnet = aws.ec2.Subnet(
            f"{self._prefix}-{suffix}",
            vpc_id=self._vpc_id,
            availability_zone=zone,
            cidr_block=cidr,
            tags=self._named(suffix),
            opts=self._child,
        )
        association = aws.ec2.RouteTableAssociation(
            f"{self._prefix}-{suffix}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
        )
        return with_dependencies(subnet.id, association, *routes)

    def _nat_routes(
        self, public: Mapping[str, pulumi.Input[str]], private_tables: Mapping[str, aws.ec2.RouteTable]
    ) -> dict[str, aws.ec2.Route]:
        """Create the NAT gateways, and return each zone's route to one of them. No gateways: no routes."""
        if self._args.nat_gateways == "none":
            return {}
        zones = list(public)
        gateway_zones = zones if self._args.nat_gateways == "perZone" else zones[:1]
        gateways = {zone: self._nat_gateway(zone, public[zone]) for zone in gateway_zones}
        return {
            zone: aws.ec2.Route(
                f"{self._prefix}-private-{zone}",
                route_table_id=table.id,
                destination_cidr_block=_ANYWHERE,
                nat_gateway_id=gateways.get(zone, gateways[zones[0]]).id,
                opts=self._child,
            )
            for zone, table in private_tables.items()
        }

    def _nat_gateway(self, zone: str, subnet_id: pulumi.Input[str]) -> aws.ec2.NatGateway:
        suffix = f"nat-{zone}"
        address = aws.ec2.Eip(f"{self._prefix}-{suffix}", domain="vpc", tags=self._named(suffix), opts=self._child)
        return aws.ec2.NatGateway(
            f"{self._prefix}-{suffix}",
            subnet_id=subnet_id,
            allocation_id=address.id,
            tags=self._named(suffix),
            opts=self._child,
        )

    def _endpoints(self, tables: Sequence[aws.ec2.RouteTable]) -> Mapping[str, aws.ec2.VpcEndpoint]:
        args = self._args
        return Endpoints(
            self._prefix,
            EndpointsArgs(
                location=args.location,
                vpc_id=self._vpc_id,
                route_table_ids=[table.id for table in tables],
                interface_services=INTERFACE_SERVICES if args.isolated else (),
                subnet_ids=self.internal_subnet_ids,
                client_cidrs=[args.cidr],
                tags=args.tags,
            ),
            opts=self._child,
        ).by_service

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

    def _named(self, suffix: str) -> dict[str, str]:
        """Return the tags with a Name tag: these resources have no names in AWS."""
        return {**self._args.tags, "Name": f"{self._prefix}-{suffix}"}


def _available_zones(opts: pulumi.InvokeOptions) -> list[str]:
    """Return the names of the region's zones, without zones that an account must opt in to, such as Local Zones."""
    zones = aws.get_availability_zones(
        state="available", filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}], opts=opts
    )
    return sorted(zones.names)
