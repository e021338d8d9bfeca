"""What a caller may say of a registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi

NatGateways = Literal["perZone", "single", "none"]


@dataclass(frozen=True, kw_only=True)
class PrivateRegistryArgs:
    """What a `PrivateRegistry` is made from. Every value has a default; secrets stay secret.

    Attributes:
        domain: the registry's DNS name, without a port. Default: the load balancer's own name, which needs no DNS.
        image: the registry image with a tag of major version 2 or 3. Default "registry:2".
        users: user names and their passwords, 1 to 72 bytes each. Default: one user, `docker`, with a generated
            password.
        htpasswd: instead of `users`, a ready htpasswd file's content, bcrypt hashes only.
        certificate: the domain's certificate, PEM. Default: a self-signed one.
        certificate_chain: its intermediate certificates, PEM.
        private_key: its key, PEM, unencrypted.
        certificate_arn: instead of these, the ARN of a certificate in IAM, or in ACM in the same region.
        instance_type: an EC2 instance type, x86_64 or arm64. Default "t3.small".
        ami_id: an ECS-optimized AMI with dnf. Default: the newest for Amazon Linux 2023 whenever an instance boots.
        min_size: the fewest instances. Default 2.
        max_size: the most instances. Default 4.
        desired_capacity: the instances at the start; ECS scales them from then on. Default 2.
        desired_count: the replicas of the registry. Default 2.
        vpc_cidr: the VPC's private IPv4 range, /16 to /23. Default "10.0.0.0/16".
        availability_zones: how many zones to spread over, 2 to 6. Default 2.
        nat_gateways: "perZone", "single", or "none", which puts the instances into the public subnets. Default
            "perZone".
        allowed_cidrs: the IPv4 ranges that may connect. Default: everyone (who still needs a password).
        log_retention_days: how long logs are kept, one of CloudWatch's periods. Default 30.
        flow_logs: whether the VPC's traffic is logged. Default False.
        deletion_protection: whether AWS refuses to delete the load balancer. Default False.
        force_destroy: whether `pulumi destroy` may delete the images and the logs. Default False.
        tags: on everything that takes tags.

    What cannot be used ends in `InvalidInput` when the component is made. A secret that is an Output is checked when
    its value is known.
    """

    domain: str | None = None
    image: str = "registry:2"
    users: Mapping[str, pulumi.Input[str]] | None = field(default=None, repr=False)
    htpasswd: pulumi.Input[str] | None = field(default=None, repr=False)
    certificate: pulumi.Input[str] | None = field(default=None, repr=False)
    certificate_chain: pulumi.Input[str] | None = field(default=None, repr=False)
    private_key: pulumi.Input[str] | None = field(default=None, repr=False)
    certificate_arn: str | None = None
    instance_type: str = "t3.small"
    ami_id: str | None = None
    min_size: int = 2
    max_size: int = 4
    desired_capacity: int = 2
    desired_count: int = 2
    vpc_cidr: str = "10.0.0.0/16"
    availability_zones: int = 2
    nat_gateways: NatGateways = "perZone"
    allowed_cidrs: Sequence[str] = ("0.0.0.0/0",)
    log_retention_days: int = 30
    flow_logs: bool = False
    deletion_protection: bool = False
    force_destroy: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
