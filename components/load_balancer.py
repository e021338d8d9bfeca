"""The Application Load Balancer: TLS from the client, and TLS to the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import with_dependencies
from .pure import policies
from .pure.container import PORT

# To commit a large layer, the registry copies it inside S3 and sends no byte to the client (distribution#1061). The
# default of 60 s is too short for that. 1 GB takes 10 s (distribution#1906), so this allows 30 GB. A client that sends
# no data holds a connection and memory of a replica for as long.
_IDLE_SECONDS = 300

# What a request may take after its replica was deregistered. Replicas that are scaled go at any time, not only in
# deployments: a layer of 10 GB, which is one request, then needs a client with 267 Mbit/s (docs/operations.md).
_DEREGISTRATION_SECONDS = 120
_SCALED_DEREGISTRATION_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """Arguments of `LoadBalancer`.

    Attributes:
        vpc_id: the VPC's ID.
        subnet_ids: the IDs of subnets in at least two zones; of public ones, unless the load balancer is internal.
        certificate_arn: the ARN of the certificate for clients, in IAM or ACM.
        security_group_id: the ID of the load balancer's security group.
        access_log_bucket: the name of the bucket that gets the access logs.
        internal: whether the load balancer has private addresses only. Default False.
        deletion_protection: whether AWS and `pulumi destroy` refuse to delete the load balancer. Default False.
        scaled: whether the number of targets follows the load. Default False.
        tags: the tags of all resources. Default: none.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[pulumi.Input[str]]]
    certificate_arn: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    access_log_bucket: pulumi.Input[str]
    internal: bool = False
    deletion_protection: bool = False
    scaled: bool = False
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class LoadBalancer(pulumi.ComponentResource):
    """An Application Load Balancer with an HTTPS listener and an HTTPS target group.

    Creates: aws.lb.LoadBalancer, aws.lb.TargetGroup, aws.lb.Listener.

    Attributes:
        arn: the load balancer's ARN.
        arn_suffix: the load balancer in the dimensions of CloudWatch's metrics.
        dns_name: the load balancer's DNS name.
        zone_id: the ID of AWS's hosted zone with that name.
        listener_arn: the listener's ARN.
        target_group_arn: the target group's ARN. It depends on the listener, because ECS refuses a target group without
            a load balancer.
        target_group_arn_suffix: the target group in the dimensions of CloudWatch's metrics.
    """

    arn: pulumi.Output[str]
    arn_suffix: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    listener_arn: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    target_group_arn_suffix: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:LoadBalancer", name, {}, opts)
        load_balancer = aws.lb.LoadBalancer(
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
            # Without `protect`, `pulumi destroy` would delete the service before AWS refuses to delete the load
            # balancer. None instead of False keeps a `protect` on the component.
            opts=pulumi.ResourceOptions(parent=self, protect=True if args.deletion_protection else None),
        )
        target_group = aws.lb.TargetGroup(
            f"{name}-tg",
            vpc_id=args.vpc_id,
            target_type="instance",
            protocol="HTTPS",
            port=PORT,
            deregistration_delay=_SCALED_DEREGISTRATION_SECONDS if args.scaled else _DEREGISTRATION_SECONDS,
            # A replica that hangs keeps its open requests and gets no more. A dead one fails at once and attracts
            # requests until it is unhealthy; but then clients that do not retry fail with any algorithm
            # (docs/operations.md).
            load_balancing_algorithm_type="least_outstanding_requests",
            health_check={
                "protocol": "HTTPS",
                # /v2/ does not depend on S3: ECS would replace every task for an S3 failure, to no avail. The answer
                # 401 also proves that authentication is on.
                "path": "/v2/",
                "matcher": "401",
                # ECS replaces a task whose target is unhealthy, and a check waits like any request: for every hash of a
                # password before it. Under a flood of wrong passwords, checks took up to 3.7 s. With two failures, a
                # task that is busy for less than 19 s (an interval and a timeout) stays, and a dead instance is out of
                # service after at most 29 s. The timeout must be shorter than the interval (aws-cdk#22200).
                "interval": 10,
                "timeout": 9,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            },
            tags=args.tags,
            # A change of `internal` replaces the load balancer, and a target group belongs to one load balancer.
            opts=pulumi.ResourceOptions(parent=self, replacement_trigger=args.internal),
        )
        listener = aws.lb.Listener(
            f"{name}-https",
            load_balancer_arn=load_balancer.arn,
            port=PORT,
            protocol="HTTPS",
            ssl_policy="ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            certificate_arn=args.certificate_arn,
            default_actions=[{"type": "forward", "target_group_arn": target_group.arn}],
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn, self.arn_suffix = load_balancer.arn, load_balancer.arn_suffix
        self.dns_name, self.zone_id = load_balancer.dns_name, load_balancer.zone_id
        self.listener_arn = listener.arn
        self.target_group_arn = with_dependencies(target_group.arn, listener)
        self.target_group_arn_suffix = target_group.arn_suffix
        self.register_outputs({"dnsName": self.dns_name, "targetGroupArn": self.target_group_arn})
