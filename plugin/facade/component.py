"""The component as other languages see it."""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi

import private_registry as library

from .args import PrivateRegistryArgs


class Network(TypedDict):
    """A network for another registry to share. The ids go into that one's `network` one by one."""

    vpc_id: pulumi.Output[str]
    """The VPC."""
    public_subnet_ids: Sequence[str]
    """The load balancer's subnets, unless it is internal."""
    private_subnet_ids: Sequence[str]
    """The instances' subnets; none if they are in the public ones."""
    s3_route_table_ids: Sequence[str]
    """The route tables that were named for an S3 endpoint."""


class PrivateRegistry(library.PrivateRegistry):
    """A private Docker registry: registry:2 or :3 on ECS, behind a load balancer with TLS, images in S3.

    Its name is the beginning of every name: 1 to 20 small letters, digits and hyphens. A provider for `aws` among its
    providers decides region and account.
    """

    load_balancer_dns: pulumi.Output[str]
    """The load balancer's own DNS name: what the domain's CNAME or alias record points to."""
    address: pulumi.Output[str]
    """The domain, or that name: what comes before the "/" in an image's name."""
    bucket_name: pulumi.Output[str]
    """The bucket with the images."""
    cluster_name: pulumi.Output[str]
    """The ECS cluster."""
    service_name: pulumi.Output[str]
    """The ECS service."""
    ca_certificate: pulumi.Output[str] | None
    """What clients must trust, PEM, if the certificate is self-signed."""
    passwords: pulumi.Output[dict[str, str]] | None
    """The generated passwords by user name, a secret, if any were generated."""
    accepts_pushes: bool
    """Whether images can be pushed. A pull-through cache refuses them."""
    network: Network
    """The network that it stands in."""

    def __init__(self, name: str, args: PrivateRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, library_args(args), opts)
        made: Any = self.network
        # The host takes mappings alone.
        self.network = Network(  # pyright: ignore[reportIncompatibleVariableOverride]
            vpc_id=made.vpc_id,
            public_subnet_ids=made.public_subnet_ids,
            private_subnet_ids=made.private_subnet_ids,
            s3_route_table_ids=made.s3_route_table_ids,
        )


def library_args(args: PrivateRegistryArgs) -> library.PrivateRegistryArgs:
    """The same in the library's terms."""
    given: dict[str, Any] = dict(args)
    if "network" in given:
        given["network"] = library.ExistingNetwork(**given["network"])
    return library.PrivateRegistryArgs(**given)
