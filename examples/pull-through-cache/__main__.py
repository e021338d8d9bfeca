"""A cache of Docker Hub for a network whose machines reach no hub."""

import pulumi

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()

cache = PrivateRegistry(
    "cache",
    PrivateRegistryArgs(
        image=config.get("image") or "registry:3",
        upstream="https://registry-1.docker.io",
        # Docker Hub limits anonymous pulls by address, and this one pulls for everybody.
        upstream_username=config.get("upstreamUsername"),
        upstream_password=config.get_secret("upstreamPassword"),
        # The load balancer is private; the NAT gateway is the way to the hub, and the only one.
        internal=True,
        nat_gateways="single",
        # What it lost it fetches again.
        force_destroy=True,
    ),
)

pulumi.export("cache", cache.address)
pulumi.export("caCertificate", cache.ca_certificate)
pulumi.export("passwords", cache.passwords)
