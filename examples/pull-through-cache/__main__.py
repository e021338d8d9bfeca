"""A pull-through cache of Docker Hub for a network without internet access."""

import pulumi

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()

cache = PrivateRegistry(
    "cache",
    PrivateRegistryArgs(
        image=config.get("image") or "registry:3",
        upstream="https://registry-1.docker.io",
        # Docker Hub limits anonymous pulls per IP address, and all clients of the cache share one.
        upstream_username=config.get("upstreamUsername"),
        upstream_password=config.get_secret("upstreamPassword"),
        # The load balancer has private addresses. The cache reaches Docker Hub through the NAT gateway.
        internal=True,
        nat_gateways="single",
        # The cache can fetch deleted images again.
        force_destroy=True,
    ),
)

pulumi.export("cache", cache.address)
pulumi.export("caCertificate", cache.ca_certificate)
pulumi.export("passwords", cache.passwords)
