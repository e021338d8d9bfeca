"""The security groups of the load balancer and the instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import with_dependencies
from .pure.container import PORT

# The host ports that Docker chooses from, when a container asks for none: the kernel's range, and the ECS agent's.
_FIRST_PORT, _LAST_PORT = 32768, 65535


@dataclass(frozen=True, kw_only=True)
class SecurityGroupsArgs:
    """Arguments of `SecurityGroups`.

    Attributes:
        vpc_id: the VPC's ID.
        allowed_cidrs: the clients' IPv4 ranges.
        tags: the tags of all resources. Default: none.
    """

    vpc_id: pulumi.Input[str]
    allowed_cidrs: pulumi.Input[Sequence[pulumi.Input[str]]]
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class SecurityGroups(pulumi.ComponentResource):
    """Security groups: clients connect to the load balancer, and only the load balancer to the instances.

    Creates: two aws.ec2.SecurityGroup; aws.ec2.ManagedPrefixList of the client ranges;
    aws.vpc.SecurityGroupIngressRule from these to the load balancer, and from the load balancer to the instances;
    aws.vpc.SecurityGroupEgressRule from the load balancer to the instances, and from the instances to everywhere.

    Attributes:
        load_balancer_id: the ID of the load balancer's group.
        instances_id: the ID of the instances' group. It depends on their egress rule, which they need to boot.
    """

    load_balancer_id: pulumi.Output[str]
    instances_id: pulumi.Output[str]

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:SecurityGroups", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)

        # EC2 refuses an apostrophe in a description ("IpRange", Description).
        def group(suffix: str, description: str) -> pulumi.Output[str]:
            tags = {**args.tags, "Name": f"{name}-{suffix}"}
            return aws.ec2.SecurityGroup(
                f"{name}-{suffix}", description=description, vpc_id=args.vpc_id, tags=tags, opts=child
            ).id

        load_balancer = group("alb", "Load balancer of the registry")
        instances = group("instances", "Instances of the registry")
        # One resource for all ranges, since their number may be unknown in a preview. AWS changes them in one step, and
        # counts them all against the quota of rules per security group.
        cidrs = pulumi.Output.from_input(args.allowed_cidrs)
        clients = aws.ec2.ManagedPrefixList(
            f"{name}-clients",
            address_family="IPv4",
            max_entries=cidrs.apply(len),
            entries=cidrs.apply(_entries),
            tags=args.tags,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-clients",
            security_group_id=load_balancer,
            description="Clients of the registry",
            prefix_list_id=clients.id,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            tags=args.tags,
            opts=child,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-alb-to-instances",
            security_group_id=load_balancer,
            description="Instances of the registry",
            referenced_security_group_id=instances,
            ip_protocol="tcp",
            from_port=_FIRST_PORT,
            to_port=_LAST_PORT,
            tags=args.tags,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-instances-from-alb",
            security_group_id=instances,
            description="Load balancer of the registry",
            referenced_security_group_id=load_balancer,
            ip_protocol="tcp",
            from_port=_FIRST_PORT,
            to_port=_LAST_PORT,
            tags=args.tags,
            opts=child,
        )
        egress = aws.vpc.SecurityGroupEgressRule(
            f"{name}-instances-out",
            security_group_id=instances,
            description="AWS APIs, package repositories, the registry of the image",
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="-1",
            tags=args.tags,
            opts=child,
        )
        self.load_balancer_id = load_balancer
        self.instances_id = with_dependencies(instances, egress)
        self.register_outputs({"loadBalancerId": self.load_balancer_id, "instancesId": self.instances_id})


def _entries(cidrs: Sequence[pulumi.Input[str]]) -> list[aws.ec2.ManagedPrefixListEntryArgs]:
    return [aws.ec2.ManagedPrefixListEntryArgs(cidr=cidr) for cidr in cidrs]
