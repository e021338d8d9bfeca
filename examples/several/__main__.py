"""Two teams' registries in one network, and a third registry in another Region."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from private_registry import PrivateRegistry, PrivateRegistryArgs

oregon, ireland = (
    pulumi.ResourceOptions(provider=aws.Provider(region, region=region)) for region in ("us-west-2", "eu-west-1")
)


def members(team: str) -> Mapping[str, pulumi.Input[str]]:
    """One user, named after the team, with a generated password."""
    return {team: random.RandomPassword(team, length=32, special=False).result}


backend = PrivateRegistry(
    "backend",
    PrivateRegistryArgs(users=members("backend"), nat_gateways="single", force_destroy=True),
    oregon,
)
research = PrivateRegistry(
    "research",
    PrivateRegistryArgs(users=members("research"), network=backend.network, force_destroy=True),
    oregon,
)
europe = PrivateRegistry(
    "europe",
    PrivateRegistryArgs(users=members("europe"), nat_gateways="single", force_destroy=True),
    ireland,
)

for name, registry in {"backend": backend, "research": research, "europe": europe}.items():
    pulumi.export(name, registry.address)
