"""Who may connect to whom: clients to the load balancer, and that alone to the instances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import known_after
from .pure.container import PORT

# Where Docker publishes containers that ask for no port of their own: the kernel's range, and the ECS agent's.
_EPHEMERAL_PORTS = (32768, 65535)


@dataclass(frozen=True, kw_only=True)
class SecurityGroupsArgs:
    """Where the groups are, and who the clients are.

    Attributes:
        vpc_id: the VPC.
        allowed_cidrs: the clients' IPv4 ranges.
        tags: on everything.
    """

    vpc_id: pulumi.Input[str]
    allowed_cidrs: Sequence[str]
    tags: Mapping[str, str] = field(default_factory=dict)


class SecurityGroups(pulumi.ComponentResource):
    """Two security groups that name each other in their rules.

    Makes: two aws.ec2.SecurityGroup, aws.vpc.SecurityGroupIngressRule (one per allowed range, one from the load
    balancer to the instances), aws.vpc.SecurityGroupEgressRule (from the load balancer to the instances, from the
    instances to everywhere).

    Attributes:
        load_balancer_id: the load balancer's group.
        instances_id: the instances' group. It is known once they have a way out, which they need to boot.
    """

    load_balancer_id: pulumi.Output[str]
    instances_id: pulumi.Output[str]

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:SecurityGroups", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)

        # EC2 refuses an apostrophe in a description ("IpRange", Description).
        def group(role: str, description: str) -> pulumi.Output[str]:
            tags = {**args.tags, "Name": f"{name}-{role}"}
            return aws.ec2.SecurityGroup(
                f"{name}-{role}", description=description, vpc_id=args.vpc_id, tags=tags, opts=child
            ).id

        balancer, instances = (
            group("alb", "Load balancer of the registry"),
            group("instances", "Instances of the registry"),
        )
        for cidr in args.allowed_cidrs:
            aws.vpc.SecurityGroupIngressRule(
                f"{name}-clients-{cidr}",
                security_group_id=balancer,
                description="Clients of the registry",
                cidr_ipv4=cidr,
                ip_protocol="tcp",
                from_port=PORT,
                to_port=PORT,
                tags=args.tags,
                opts=child,
            )
        first, last = _EPHEMERAL_PORTS
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-alb-to-instances",
            security_group_id=balancer,
            description="Instances of the registry",
            referenced_security_group_id=instances,
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
            tags=args.tags,
            opts=child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-instances-from-alb",
            security_group_id=instances,
            description="Load balancer of the registry",
            referenced_security_group_id=balancer,
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
            tags=args.tags,
            opts=child,
        )
        way_out = aws.vpc.SecurityGroupEgressRule(
            f"{name}-instances-out",
            security_group_id=instances,
            description="AWS APIs, package repositories, the registry of the image",
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="-1",
            tags=args.tags,
            opts=child,
        )
        self.load_balancer_id = balancer
        self.instances_id = known_after(instances, way_out)
        self.register_outputs({"loadBalancerId": self.load_balancer_id, "instancesId": self.instances_id})
