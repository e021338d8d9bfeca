"""VPC endpoints for the AWS services that instances call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .pure.location import Location

# The services that an ECS instance without internet access calls, besides S3.
INTERFACE_SERVICES = (
    *("ecs", "ecs-agent", "ecs-telemetry"),  # the agent (ECS Developer Guide, "Amazon ECS interface VPC endpoints")
    *("ecr.api", "ecr.dkr"),  # the pull of the image
    "logs",  # the container's log
    "autoscaling",  # the boot script's launch hook
    *("ssm", "ssmmessages"),  # the container's secrets, Session Manager
)


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs:
    """Arguments of `Endpoints`.

    Attributes:
        location: the region, for the names of the services.
        vpc_id: the VPC's ID.
        route_table_ids: the IDs of the route tables that get a route to S3.
        interface_services: the other services, such as "ecs". Default: none.
        subnet_ids: the IDs of the subnets in which each of these services gets an address. Default: none.
        client_cidrs: the IPv4 ranges that may connect to these addresses. Default: none.
        tags: the tags of all resources. Default: none.
    """

    location: Location
    vpc_id: pulumi.Input[str]
    route_table_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    interface_services: Sequence[str] = ()
    subnet_ids: Sequence[pulumi.Input[str]] = ()
    client_cidrs: Sequence[str] = ()
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Endpoints(pulumi.ComponentResource):
    """VPC endpoints with private DNS: a gateway endpoint for S3, and interface endpoints for other services.

    Creates: aws.ec2.VpcEndpoint per service; with interface endpoints, also one aws.ec2.SecurityGroup with
    aws.vpc.SecurityGroupIngressRule per client range.

    Attributes:
        by_service: the endpoints by service. Without a policy, everyone in the VPC may use them.
    """

    by_service: Mapping[str, aws.ec2.VpcEndpoint]

    def __init__(self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Endpoints", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        gateway = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=args.vpc_id,
            service_name=self._service_name("s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=args.route_table_ids,
            tags=self._named("s3"),
            opts=self._child,
        )
        self.by_service = {"s3": gateway, **(self._interfaces() if args.interface_services else {})}
        self.register_outputs({})

    def _interfaces(self) -> dict[str, aws.ec2.VpcEndpoint]:
        group = self._security_group()
        return {
            service: aws.ec2.VpcEndpoint(
                f"{self._prefix}-{service}",
                vpc_id=self._args.vpc_id,
                service_name=self._service_name(service),
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=self._args.subnet_ids,
                security_group_ids=[group.id],
                tags=self._named(service),
                opts=self._child,
            )
            for service in self._args.interface_services
        }

    def _security_group(self) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            f"{self._prefix}-endpoints",
            description="VPC endpoints of the registry network",
            vpc_id=self._args.vpc_id,
            tags=self._named("endpoints"),
            opts=self._child,
        )
        for cidr in self._args.client_cidrs:
            aws.vpc.SecurityGroupIngressRule(
                f"{self._prefix}-endpoints-{cidr}",
                security_group_id=group.id,
                description="Instances in the network",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=443,
                to_port=443,
                tags=self._args.tags,
                opts=self._child,
            )
        return group

    def _service_name(self, service: str) -> str:
        return f"com.amazonaws.{self._args.location.region}.{service}"

    def _named(self, suffix: str) -> dict[str, pulumi.Input[str]]:
        """Return the tags with a Name tag: these resources have no names in AWS."""
        return {**self._args.tags, "Name": f"{self._prefix}-{suffix}"}
