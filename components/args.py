"""What a caller may say of a registry, and of the network that it stands in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi

NatGateways = Literal["perZone", "single", "none"]


@dataclass(frozen=True, kw_only=True)
class ExistingNetwork:
    """A VPC that is there already. Nothing is made in it but security groups, and an S3 endpoint if asked for.

    Attributes:
        vpc_id: the VPC; it resolves DNS names, as every VPC does by default.
        public_subnet_ids: subnets with a route to an internet gateway, in two zones at least: the load balancer's. An
            internal one needs none.
        private_subnet_ids: subnets in two zones at least: the instances', and an internal load balancer's. Instances
            need a way out: a NAT gateway, or the endpoints that `isolated` makes. Default: none, which puts the
            instances into the public subnets, with public addresses.
        s3_route_table_ids: the private subnets' route tables, which get a gateway endpoint for S3. Default: none, which
            makes none: a VPC takes only one for each route table.
    """

    vpc_id: pulumi.Input[str]
    public_subnet_ids: Sequence[pulumi.Input[str]] = ()
    private_subnet_ids: Sequence[pulumi.Input[str]] = ()
    s3_route_table_ids: Sequence[pulumi.Input[str]] = ()


@dataclass(frozen=True, kw_only=True)
class PrivateRegistryArgs:
    """What a `PrivateRegistry` is made from. Every value has a default; secrets stay secret.

    Attributes:
        domain: the registry's DNS name, without a port. Default: the load balancer's own name, which needs no DNS.
        image: the registry image with a tag of major version 2 or 3, from any hub or ECR. Default "registry:2".
        users: user names and their passwords, 1 to 72 bytes each. Default: one user, `docker`, with a generated
            password.
        htpasswd: instead of `users`, a ready htpasswd file's content, bcrypt hashes only.
        certificate: the domain's certificate, PEM. Default: one from ACM with `hosted_zone`, else a self-signed one.
        certificate_chain: its intermediate certificates, PEM.
        private_key: its key, PEM, unencrypted.
        certificate_arn: instead of these, the ARN of a certificate in IAM, or in ACM in the same region.
        hosted_zone: the id of the domain's public hosted zone in Route 53. It gets the domain's alias records, and
            the record by which ACM validates a certificate.
        upstream: the registry that this one is a pull-through cache of, https://HOST. Such a cache refuses every
            push. Default: none.
        upstream_username: who logs in there. Default: nobody.
        upstream_password: the password or access token.
        instance_type: an EC2 instance type, x86_64 or arm64. Default "t3.small".
        ami_id: an ECS-optimized AMI with dnf. Default: the newest for Amazon Linux 2023 whenever an instance boots.
        min_size: the fewest instances. Default 2.
        max_size: the most instances. Default 4.
        desired_capacity: the instances at the start; ECS scales them from then on. Default 2.
        desired_count: the replicas of the registry. Default 2.
        network: the network that it stands in. Default: a new one, which the next four and `flow_logs` describe.
        vpc_cidr: the VPC's private IPv4 range, /16 to /23. Default "10.0.0.0/16".
        availability_zones: how many zones to spread over, 2 to 6. Default 2.
        nat_gateways: "perZone", "single", or "none", which puts the instances into the public subnets. Default
            "perZone".
        isolated: whether the network has no way to the internet: no gateways, no public subnets, and an endpoint for
            each AWS service that an instance calls. It makes the registry internal. Default False.
        internal: whether the load balancer has private addresses alone. Default False.
        clients_reach_s3: whether an internal registry's clients may be sent to S3 for image data, as all others are.
            Default False: the data passes the load balancer.
        allowed_cidrs: the IPv4 ranges that may connect. Default: everyone (who still needs a password).
        log_retention_days: how long logs are kept, one of CloudWatch's periods. Default 30.
        flow_logs: whether the VPC's traffic is logged. Default False.
        deletion_protection: whether AWS and `pulumi destroy` refuse to delete the load balancer. Default False.
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
    hosted_zone: pulumi.Input[str] | None = None
    upstream: str | None = None
    upstream_username: str | None = None
    upstream_password: pulumi.Input[str] | None = field(default=None, repr=False)
    instance_type: str = "t3.small"
    ami_id: str | None = None
    min_size: int = 2
    max_size: int = 4
    desired_capacity: int = 2
    desired_count: int = 2
    network: ExistingNetwork | None = None
    vpc_cidr: str = "10.0.0.0/16"
    availability_zones: int = 2
    nat_gateways: NatGateways = "perZone"
    isolated: bool = False
    internal: bool = False
    clients_reach_s3: bool = False
    allowed_cidrs: Sequence[str] = ("0.0.0.0/0",)
    log_retention_days: int = 30
    flow_logs: bool = False
    deletion_protection: bool = False
    force_destroy: bool = False
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
