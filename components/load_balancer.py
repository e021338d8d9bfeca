"""The entrance: TLS from the client, TLS again to the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import known_after
from .pure import policies
from .pure.container import PORT

# Committing a large layer is a copy inside S3 during which no byte goes to the client (distribution#1061); the
# default of 60 s would cut it off.
_IDLE_SECONDS = 900
_DRAIN_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Where the load balancer stands, and what it shows.

    Attributes:
        vpc_id: its VPC.
        subnet_ids: in two zones at least; public, unless it is internal.
        internal: whether it has private addresses alone.
        certificate_arn: what it shows to clients, from IAM or ACM.
        security_group_id: its security group.
        access_log_bucket: the bucket that gets a log of all requests.
        deletion_protection: whether AWS refuses to delete it.
        tags: on everything that takes tags.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    certificate_arn: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    access_log_bucket: pulumi.Input[str]
    internal: bool = False
    deletion_protection: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer with one HTTPS listener and one HTTPS target group.

    Makes: aws.lb.LoadBalancer, aws.lb.TargetGroup, aws.lb.Listener.

    Attributes:
        dns_name: the name that AWS gave it.
        zone_id: the hosted zone that AWS keeps that name in.
        target_group_arn: where targets register. It is known once the listener is there: ECS takes no earlier one.
    """

    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:LoadBalancer", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        balancer = aws.lb.LoadBalancer(
            f"{name}-alb",
            load_balancer_type="application",
            internal=args.internal,
            subnets=args.subnet_ids,
            security_groups=[args.security_group_id],
            idle_timeout=_IDLE_SECONDS,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_deletion_protection=args.deletion_protection,
            access_logs={"bucket": args.access_log_bucket, "prefix": policies.LOAD_BALANCER_PREFIX, "enabled": True},
            tags=args.tags,
            # Otherwise `pulumi destroy` takes the service away before AWS refuses. None keeps a `protect` from above.
            opts=pulumi.ResourceOptions(parent=self, protect=True if args.deletion_protection else None),
        )
        self.dns_name, self.zone_id = balancer.dns_name, balancer.zone_id
        targets = aws.lb.TargetGroup(
            f"{name}-tg",
            vpc_id=args.vpc_id,
            target_type="instance",
            protocol="HTTPS",
            port=PORT,
            deregistration_delay=_DRAIN_SECONDS,
            # A replica that hangs keeps its requests and gets no more. One that is dead fails at once and draws them;
            # but by any algorithm every client that does not try again fails then (docs/operations.md).
            load_balancing_algorithm_type="least_outstanding_requests",
            # 401 also proves that authentication is on. "/" would depend on S3, and then ECS would replace every
            # task for a fault that this does not mend.
            health_check={
                "protocol": "HTTPS",
                "path": "/v2/",
                "matcher": "401",
                # The shortest that AWS allows. Not fewer failures: ECS replaces a task whose target is unhealthy, and
                # one that is busy for less than 14 s (two intervals and a timeout) stays.
                "interval": 5,
                "timeout": 4,
                "healthy_threshold": 2,
                "unhealthy_threshold": 3,
            },
            tags=args.tags,
            # AWS never changes a load balancer from internet-facing to internal, but makes another; and a target group
            # belongs to one alone.
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=args.internal),
        )
        listener = aws.lb.Listener(
            f"{name}-https",
            load_balancer_arn=balancer.arn,
            port=PORT,
            protocol="HTTPS",
            ssl_policy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            certificate_arn=args.certificate_arn,
            default_actions=[{"type": "forward", "target_group_arn": targets.arn}],
            tags=args.tags,
            opts=child,
        )
        self.target_group_arn = known_after(targets.arn, listener)
        self.register_outputs({"dnsName": self.dns_name, "targetGroupArn": self.target_group_arn})
