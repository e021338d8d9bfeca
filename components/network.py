"""The VPC: subnets in several Availability Zones, routes to the internet, endpoints for AWS services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import pulumi
import pulumi_aws as aws

from .args import ExistingNetwork, NatGateways
from .endpoints import INTERFACE_SERVICES, Endpoints, EndpointsArgs
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
        zones: the names of the Availability Zones to choose from, the preferred ones first.
        zone_count: the number of zones. Default: all of `zones`, in their order.
        nat_gateways: "perZone", "single" or "none".
        isolated: whether the network has no routes to the internet, but an endpoint for each AWS service that an
            instance calls. Default False.
        flow_log_bucket_arn: the ARN of the bucket that gets the VPC flow logs. Default: no flow logs.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    cidr: str
    zones: Sequence[str]
    zone_count: int | None = None
    nat_gateways: NatGateways
    isolated: bool = False
    flow_log_bucket_arn: pulumi.Input[str] | None = None
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each of several Availability Zones; isolated, only private subnets.

    The zones are numbered, and the resources of a zone have its number in their names. A zone keeps its number: the
    private subnets in the state record it, and a later choice of zones only adds others.

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
        zones: the names of the zones by number.

    Raises:
        InvalidInput: without `zone_count`, a subnet of an earlier deployment is in another zone than `zones` says.
    """

    as_existing: ExistingNetwork
    internal_subnet_ids: Sequence[pulumi.Output[str]]
    endpoints: Mapping[str, aws.ec2.VpcEndpoint]
    zones: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Network", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._vpc_id = self._vpc()
        cidrs = zone_cidrs(args.cidr, args.zone_count or len(args.zones))
        subnets = self._private_subnets([each.private for each in cidrs])
        self.zones = self._checked_zones(subnets)
        numbers = range(1, len(subnets) + 1)
        private_tables = [self._route_table(f"private-{each}", self._numbered("private", each)) for each in numbers]
        private = [
            self._routed("private", number, subnet, table)
            for number, subnet, table in zip(numbers, subnets, private_tables, strict=True)
        ]
        tables, public = private_tables, list[pulumi.Output[str]]()
        nat_routes: Sequence[aws.ec2.Route] = ()
        if not args.isolated:
            public_table = self._route_table("public", self._child)
            route = self._internet_route(public_table)
            tables = [public_table, *tables]
            public = [
                self._routed(
                    "public",
                    number,
                    self._subnet("public", number, near.availability_zone, cidr.public),
                    public_table,
                    route,
                )
                for number, near, cidr in zip(numbers, subnets, cidrs, strict=True)
            ]
            nat_routes = self._nat_routes(public, private_tables)
        self.internal_subnet_ids = private
        self.endpoints = self._endpoints(tables)
        if args.flow_log_bucket_arn is not None:
            self._flow_log(args.flow_log_bucket_arn)
        if args.isolated:
            for_instances = [with_dependencies(id_, *self.endpoints.values()) for id_ in private]
        else:
            for_instances = [with_dependencies(*each) for each in zip(private, nat_routes, strict=bool(nat_routes))]
        self.as_existing = ExistingNetwork(
            vpc_id=self._vpc_id, public_subnet_ids=public, private_subnet_ids=for_instances
        )
        self.register_outputs({"vpcId": self._vpc_id, "zones": self.zones})

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

    def _route_table(self, suffix: str, opts: pulumi.ResourceOptions) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(f"{self._prefix}-{suffix}", vpc_id=self._vpc_id, tags=self._named(suffix), opts=opts)

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

    def _private_subnets(self, cidrs: Sequence[str]) -> list[aws.ec2.Subnet]:
        """Create a private subnet per CIDR block, each in a zone of its own."""
        subnets: list[aws.ec2.Subnet] = []
        for number, cidr in enumerate(cidrs, 1):
            # A subnet cannot move, and its zone in the state is the record of the first choice.
            fixed = pulumi.ResourceOptions(ignore_changes=["availabilityZone"])
            subnets.append(self._subnet("private", number, self._next_zone(subnets), cidr, fixed))
        return subnets

    def _next_zone(self, subnets: Sequence[aws.ec2.Subnet]) -> pulumi.Input[str]:
        """Return the first zone in which none of these subnets is, or the zone that the caller chose."""
        zones = self._args.zones
        if self._args.zone_count is None:
            return zones[len(subnets)]
        return pulumi.Output.all(*(subnet.availability_zone for subnet in subnets)).apply(
            lambda taken: next(zone for zone in zones if zone not in taken)
        )

    def _checked_zones(self, subnets: Sequence[aws.ec2.Subnet]) -> pulumi.Output[Sequence[str]]:
        present = pulumi.Output.all(*(subnet.availability_zone for subnet in subnets))
        return present.apply(self._checked) if self._args.zone_count is None else present

    def _checked(self, present: list[str]) -> list[str]:
        if present != list(self._args.zones):
            raise InvalidInput(
                [
                    Problem(
                        key="availability_zone_names",
                        found=f"{', '.join(self._args.zones)} would move subnets, which are in {', '.join(present)}",
                        allowed="the present zones in their order; zones can be added and removed at the end",
                        example={"availability_zone_names": present},
                    )
                ]
            )
        return present

    def _subnet(
        self, kind: str, number: int, zone: pulumi.Input[str], cidr: str, opts: pulumi.ResourceOptions | None = None
    ) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"{self._prefix}-{kind}-{number}",
            vpc_id=self._vpc_id,
            availability_zone=zone,
            cidr_block=cidr,
            tags=self._named(f"{kind}-{number}"),
            opts=pulumi.ResourceOptions.merge(self._numbered(kind, number), opts),
        )

    def _routed(
        self, kind: str, number: int, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable, *routes: aws.ec2.Route
    ) -> pulumi.Output[str]:
        """Associate a subnet with its route table, and return the subnet's ID, which depends on that and the routes."""
        association = aws.ec2.RouteTableAssociation(
            f"{self._prefix}-{kind}-{number}",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self._numbered(kind, number),
        )
        return with_dependencies(subnet.id, association, *routes)

    def _nat_routes(
        self, public: Sequence[pulumi.Input[str]], private_tables: Sequence[aws.ec2.RouteTable]
    ) -> list[aws.ec2.Route]:
        """Create the NAT gateways, and return each zone's route to one of them. No gateways: no routes."""
        if self._args.nat_gateways == "none":
            return []
        gateway_subnets = public if self._args.nat_gateways == "perZone" else public[:1]
        gateways = [self._nat_gateway(number, subnet) for number, subnet in enumerate(gateway_subnets, 1)]
        return [
            aws.ec2.Route(
                f"{self._prefix}-private-{number}",
                route_table_id=table.id,
                destination_cidr_block=_ANYWHERE,
                nat_gateway_id=gateway.id,
                opts=self._numbered("private", number),
            )
            # A single gateway serves all zones.
            for number, (table, gateway) in enumerate(zip(private_tables, cycle(gateways), strict=False), 1)
        ]

    def _nat_gateway(self, number: int, subnet_id: pulumi.Input[str]) -> aws.ec2.NatGateway:
        suffix, opts = f"nat-{number}", self._numbered("nat", number)
        address = aws.ec2.Eip(f"{self._prefix}-{suffix}", domain="vpc", tags=self._named(suffix), opts=opts)
        return aws.ec2.NatGateway(
            f"{self._prefix}-{suffix}",
            subnet_id=subnet_id,
            allocation_id=address.id,
            tags=self._named(suffix),
            opts=opts,
        )

    def _numbered(self, kind: str, number: int) -> pulumi.ResourceOptions:
        """Return the options of a resource with a zone's number. Version 0.1.0 named it after the zone."""
        former = pulumi.Alias(name=f"{self._prefix}-{kind}-{self._args.zones[number - 1]}")
        return pulumi.ResourceOptions(parent=self, aliases=[former])

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

    def _named(self, suffix: str) -> dict[str, pulumi.Input[str]]:
        """Return the tags with a Name tag: these resources have no names in AWS."""
        return {**self._args.tags, "Name": f"{self._prefix}-{suffix}"}
