"""Ways to AWS's services that do not lead through the internet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .location import Location

# What an ECS instance without internet calls: its agent (Amazon ECS Developer Guide, "Amazon ECS interface VPC
# endpoints"), the pull from ECR, the container's log, the boot script's launch hook, and Session Manager.
INTERFACE_SERVICES = (
    *("ecs", "ecs-agent", "ecs-telemetry"),
    *("ecr.api", "ecr.dkr"),
    "logs",
    "autoscaling",
    *("ssm", "ssmmessages"),
)


@dataclass(frozen=True, kw_only=True)
class EndpointsArgs:
    """Which services are reached, and from where.

    Attributes:
        location: the region, for the services' names.
        vpc_id: the VPC.
        route_table_ids: the route tables that lead to S3.
        interface_services: such as "ecs"; each gets an address in every subnet. Default: none, S3 alone.
        subnet_ids: where these addresses are.
        client_cidrs: who may connect to them.
        tags: on everything.
    """

    location: Location
    vpc_id: pulumi.Input[str]
    route_table_ids: Sequence[pulumi.Input[str]]
    interface_services: Sequence[str] = ()
    subnet_ids: Sequence[pulumi.Input[str]] = ()
    client_cidrs: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


class Endpoints(pulumi.ComponentResource):
    """VPC endpoints, which answer to the services' own names.

    Makes: aws.ec2.VpcEndpoint (a gateway for S3, an interface per other service), aws.ec2.SecurityGroup with
    aws.vpc.SecurityGroupIngressRule (one group for all interfaces, if there are any).

    Attributes:
        by_service: the endpoints, by service. They admit everyone until a policy says otherwise.
    """

    by_service: Mapping[str, aws.ec2.VpcEndpoint]

    def __init__(self, name: str, args: EndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Endpoints", name, {}, opts)
        self._name, self._args = name, args
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
        self.by_service = {"s3": gateway, **self._interfaces()}
        self.register_outputs({})

    def _interfaces(self) -> dict[str, aws.ec2.VpcEndpoint]:
        if not self._args.interface_services:
            return {}
        group = self._security_group()
        return {
            service: aws.ec2.VpcEndpoint(
                f"{self._name}-{service}",
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
            f"{self._name}-endpoints",
            description="VPC endpoints of the registry network",
            vpc_id=self._args.vpc_id,
            tags=self._named("endpoints"),
            opts=self._child,
        )
        for cidr in self._args.client_cidrs:
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-endpoints-{cidr}",
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

    def _named(self, role: str) -> dict[str, str]:
        return {**self._args.tags, "Name": f"{self._name}-{role}"}
