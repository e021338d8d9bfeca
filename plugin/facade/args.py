"""The arguments as other languages see them: Pulumi reads these types, and the texts beneath them, from this source.

It takes a `TypedDict`, but neither a dataclass's defaults nor annotations that are put off to strings. What is no
`Input` decides what is made, so it is known when the program runs. The texts name properties as the schema does.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TypedDict

import pulumi


class NatGateways(str, Enum):
    """The way of a new network's instances to the internet."""

    PER_ZONE = "perZone"
    """A NAT gateway in each zone."""
    SINGLE = "single"
    """One NAT gateway, whose zone is a single point of failure for instances that boot and tasks that start."""
    NONE = "none"
    """No NAT gateway: the instances are in the public subnets, with public addresses."""


class ExistingNetwork(TypedDict):
    """A VPC that is there already. Nothing is made in it but security groups, and an S3 endpoint if asked for."""

    vpc_id: pulumi.Input[str]
    """The VPC; it resolves DNS names, as every VPC does by default."""
    public_subnet_ids: Sequence[pulumi.Input[str]] | None
    """Subnets with a route to an internet gateway, in two zones at least: the load balancer's. An internal one needs
    none."""
    private_subnet_ids: Sequence[pulumi.Input[str]] | None
    """Subnets in two zones at least: the instances', and an internal load balancer's. Instances need a way out: a NAT
    gateway, or the endpoints that `isolated` makes. Default: none, which puts the instances into the public subnets,
    with public addresses."""
    s3_route_table_ids: Sequence[pulumi.Input[str]] | None
    """The private subnets' route tables, which get a gateway endpoint for S3. Default: none, which makes none: a VPC
    takes only one for each route table."""


class PrivateRegistryArgs(TypedDict, total=False):
    """What a registry is made from. Every value has a default."""

    domain: str
    """The registry's DNS name, without a port. Default: the load balancer's own name, which needs no DNS."""
    image: str
    """The registry image with a tag of major version 2 or 3, from any hub or ECR. Default "registry:2"."""
    users: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """User names and their passwords, 1 to 72 bytes each; the names are not secret. Default: one user, `docker`, with
    a generated password."""
    htpasswd: pulumi.Input[str]
    """Instead of `users`, a ready htpasswd file's content, bcrypt hashes only. It is kept secret."""
    certificate: pulumi.Input[str]
    """The domain's certificate, PEM. Default: one from ACM with `hostedZone`, else a self-signed one."""
    certificate_chain: pulumi.Input[str]
    """Its intermediate certificates, PEM."""
    private_key: pulumi.Input[str]
    """Its key, PEM, unencrypted. It is kept secret."""
    certificate_arn: str
    """Instead of these, the ARN of a certificate in IAM, or in ACM in the same region."""
    hosted_zone: pulumi.Input[str]
    """The id of the domain's public hosted zone in Route 53. It gets the domain's alias records, and the record by
    which ACM validates a certificate."""
    upstream: str
    """The registry that this one is a pull-through cache of, https://HOST. Such a cache refuses every push. Default:
    none."""
    upstream_username: str
    """Who logs in there. Default: nobody."""
    upstream_password: pulumi.Input[str]
    """The password or access token. It is kept secret."""
    instance_type: str
    """An EC2 instance type, x86_64 or arm64. Default "t3.small"."""
    ami_id: str
    """An ECS-optimized AMI with dnf. Default: the newest for Amazon Linux 2023 whenever an instance boots."""
    min_size: int
    """The fewest instances. Default 2."""
    max_size: int
    """The most instances. Default 4."""
    desired_capacity: int
    """The instances at the start; ECS scales them from then on. Default 2."""
    desired_count: int
    """The replicas of the registry. Default 2."""
    network: ExistingNetwork
    """The network that it stands in. Default: a new one, which `vpcCidr`, `availabilityZones`, `natGateways`,
    `isolated` and `flowLogs` describe."""
    vpc_cidr: str
    """The VPC's private IPv4 range, /16 to /23. Default "10.0.0.0/16"."""
    availability_zones: int
    """How many zones to spread over, 2 to 6. Default 2."""
    nat_gateways: NatGateways
    """The instances' way to the internet. Default "perZone"."""
    isolated: bool
    """Whether the network has no way to the internet: no gateways, no public subnets, and an endpoint for each AWS
    service that an instance calls. It makes the registry internal. Default false."""
    internal: bool
    """Whether the load balancer has private addresses alone. Default false."""
    clients_reach_s3: bool
    """Whether an internal registry's clients may be sent to S3 for image data, as all others are. Default false: the
    data passes the load balancer."""
    allowed_cidrs: Sequence[str]
    """The IPv4 ranges that may connect. Default: everyone (who still needs a password)."""
    log_retention_days: int
    """How long logs are kept, one of CloudWatch's periods. Default 30."""
    flow_logs: bool
    """Whether the VPC's traffic is logged. Default false."""
    deletion_protection: bool
    """Whether AWS and `pulumi destroy` refuse to delete the load balancer. Default false."""
    force_destroy: bool
    """Whether `pulumi destroy` may delete the images and the logs. Default false."""
    tags: Mapping[str, str]
    """On everything that takes tags."""
