"""The VPC: subnets in several zones, a way out, and a private way to S3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .args import NatGateways
from .cidr import zone_cidrs
from .location import Location
from .outputs import known_after
from .problems import InvalidInput, Problem

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """A network's size and ways out.

    Attributes:
        location: the region, for the name of its S3 service.
        cidr: the VPC's range, /16 to /23.
        availability_zones: how many zones.
        nat_gateways: "perZone", "single", or "none".
        flow_log_bucket_arn: the bucket that gets a log of all traffic. Default: none.
        tags: on everything.
    """

    location: Location
    cidr: str
    availability_zones: int
    nat_gateways: NatGateways
    flow_log_bucket_arn: pulumi.Input[str] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each of several Availability Zones.

    Makes: aws.ec2.Vpc, aws.ec2.DefaultSecurityGroup (emptied), aws.ec2.InternetGateway, a public and a private
    aws.ec2.Subnet per zone, aws.ec2.RouteTable (one public, one private per zone) with its associations and
    aws.ec2.Route, aws.ec2.Eip and aws.ec2.NatGateway (as many as `nat_gateways` says), aws.ec2.VpcEndpoint (S3
    gateway), aws.ec2.FlowLog (with `flow_log_bucket_arn`).

    Attributes:
        vpc_id: the VPC.
        public_subnet_ids: a subnet per zone, known once its route to the internet is there.
        instance_subnet_ids: where instances belong: the private subnets, or the public ones without NAT gateways.
        instances_are_public: whether instances need public addresses to get out.
    """

    vpc_id: pulumi.Output[str]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    instance_subnet_ids: Sequence[pulumi.Output[str]]
    instances_are_public: bool

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Network", name, {}, opts)
        self._prefix, self._tags = name, args.tags
        self._child = pulumi.ResourceOptions(parent=self)
        zones = self._zones(args.availability_zones)
        cidrs = dict(zip(zones, zone_cidrs(args.cidr, len(zones)), strict=True))
        vpc = aws.ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named("vpc"),
            opts=self._child,
        )
        self.vpc_id = vpc.id
        # Without rules it lets nothing through: who forgets to name a security group gets no network.
        aws.ec2.DefaultSecurityGroup(
            f"{name}-default", vpc_id=vpc.id, ingress=[], egress=[], tags=self._named("default"), opts=self._child
        )
        public_table, to_internet = self._public_table()
        public = {
            zone: self._subnet(f"public-{zone}", zone, cidrs[zone].public, public_table, to_internet) for zone in zones
        }
        private_tables = {zone: self._route_table(f"private-{zone}") for zone in zones}
        to_nat = self._nat(args.nat_gateways, public, private_tables)
        private = {
            zone: self._subnet(
                f"private-{zone}", zone, cidrs[zone].private, private_tables[zone], *to_nat.get(zone, ())
            )
            for zone in zones
        }
        self.instances_are_public = args.nat_gateways == "none"
        self.public_subnet_ids = list(public.values())
        self.instance_subnet_ids = list((public if self.instances_are_public else private).values())
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{args.location.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[public_table.id, *(table.id for table in private_tables.values())],
            tags=self._named("s3"),
            opts=self._child,
        )
        if args.flow_log_bucket_arn is not None:
            aws.ec2.FlowLog(
                f"{name}-flow-log",
                vpc_id=vpc.id,
                traffic_type="ALL",
                log_destination_type="s3",
                log_destination=args.flow_log_bucket_arn,
                tags=self._named("flow-log"),
                opts=self._child,
            )
        self.register_outputs({"vpcId": self.vpc_id})

    def _zones(self, count: int) -> list[str]:
        """The first zones of the region by name; local zones and such, which one must opt in to, are left out."""
        offered = aws.get_availability_zones(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOptions(parent=self),
        )
        zones = sorted(offered.names)
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
            f"{self._prefix}-internet", vpc_id=self.vpc_id, tags=self._named("internet"), opts=self._child
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
            f"{self._prefix}-{role}", vpc_id=self.vpc_id, tags=self._named(role), opts=self._child
        )

    def _subnet(
        self, role: str, zone: str, cidr: str, table: aws.ec2.RouteTable, *routes: aws.ec2.Route
    ) -> pulumi.Output[str]:
        """A subnet's id, once its routes are there."""
        subnet = aws.ec2.Subnet(
            f"{self._prefix}-{role}",
            vpc_id=self.vpc_id,
            availability_zone=zone,
            cidr_block=cidr,
            tags=self._named(role),
            opts=self._child,
        )
        association = aws.ec2.RouteTableAssociation(
            f"{self._prefix}-{role}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
        )
        return known_after(subnet.id, association, *routes)
