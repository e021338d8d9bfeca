"""A registry with its own certificate and users, and a cache of Docker Hub in the same network."""

import community_private_registry as private_registry
import pulumi

config = pulumi.Config()

images = private_registry.PrivateRegistry(
    "images",
    domain=config.require("domain"),
    certificate=config.require("certificate"),
    private_key=config.require_secret("privateKey"),
    users=config.require_secret_object("users"),
    nat_gateways=private_registry.NatGateways.NONE,
    force_destroy=True,
)
cache = private_registry.PrivateRegistry(
    "cache",
    image="registry:3",
    upstream="https://registry-1.docker.io",
    upstream_username=config.require("upstreamUsername"),
    upstream_password=config.require_secret("upstreamPassword"),
    # A preview must know the number of subnets, but not their IDs.
    network={
        "vpc_id": images.network.vpc_id,
        "public_subnet_ids": [images.network.public_subnet_ids[zone] for zone in range(2)],
    },
    force_destroy=True,
)

pulumi.export("images", images.address)
pulumi.export("cache", cache.address)
pulumi.export("cachePasswords", cache.passwords)
