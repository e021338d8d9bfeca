"""What makes a network unusable, a new one or one that is there."""

import ipaddress
from collections.abc import Iterator
from typing import get_args

from ..args import ExistingNetwork, NatGateways, PrivateRegistryArgs
from ..problems import Problem
from ..pure.cidr import DOCKER_BRIDGE, MAX_PREFIX, MAX_ZONES, MIN_PREFIX, PRIVATE_RANGES
from ..pure.image import ecr_repository

# What describes a new network, and means nothing in one that is there.
_OF_A_NEW_ONE = ("vpc_cidr", "availability_zones", "nat_gateways", "isolated", "flow_logs")


def network_problems(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    """All that is wrong with what arguments say of the network."""
    for check in (_new_network, _existing_network, _isolated, _internal, _clients):
        yield from check(args, region)


def _new_network(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    yield from _vpc_cidr(args.vpc_cidr)
    if not 2 <= args.availability_zones <= MAX_ZONES:
        yield Problem(
            key="availability_zones",
            found=f"{args.availability_zones} cannot be used",
            allowed=f"2 to {MAX_ZONES}: a load balancer needs two",
            example="2",
        )
    if args.nat_gateways not in get_args(NatGateways):
        yield Problem(
            key="nat_gateways",
            found=f"{args.nat_gateways!r} is unknown",
            allowed=", ".join(get_args(NatGateways)),
            example="perZone",
        )


def _existing_network(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.network is None:
        return
    defaults = PrivateRegistryArgs()
    for key in _OF_A_NEW_ONE:
        if getattr(args, key) != getattr(defaults, key):
            yield Problem(
                key=key,
                found="describes a new network, and network names one that is there",
                allowed="one of the two",
                example=f"leave {key} out",
            )
    yield from _subnets(args.network, internal=args.internal)


def _subnets(network: ExistingNetwork, *, internal: bool) -> Iterator[Problem]:
    kinds = {
        "public_subnet_ids": (network.public_subnet_ids, not internal),
        "private_subnet_ids": (network.private_subnet_ids, internal or bool(network.private_subnet_ids)),
    }
    for kind, (subnets, needed) in kinds.items():
        if needed and len(subnets) < 2:
            yield Problem(
                key=f"network.{kind}",
                found=f"{len(subnets)} are too few",
                allowed="subnets in two zones at least: a load balancer needs two, and instances are spread over them",
                example='["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]',
            )


def _isolated(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    if not args.isolated:
        return
    repository = ecr_repository(args.image)
    if repository is None or repository.region != region:
        yield Problem(
            key="image",
            found=f"{args.image!r} cannot be pulled in an isolated network",
            allowed=f"an image in Amazon ECR in {region}, which an endpoint leads to",
            example=f"123456789012.dkr.ecr.{region}.amazonaws.com/registry:3",
        )
    if args.upstream is not None:
        yield Problem(
            key="upstream",
            found="cannot be reached from an isolated network",
            allowed="a cache has a way out: internal, with nat_gateways",
            example="leave isolated out",
        )
    if args.nat_gateways != "perZone":
        yield Problem(
            key="nat_gateways",
            found="says how to reach the internet, and isolated that nothing does",
            allowed="one of the two",
            example="leave nat_gateways out",
        )
    if region.startswith("cn-"):
        yield Problem(
            key="isolated",
            found=f"is not offered in {region}, where the services' endpoints have other names",
            allowed="a network with endpoints of your own",
            example="network",
        )


def _internal(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    if args.internal and not args.isolated and args.network is None and args.nat_gateways == "none":
        yield Problem(
            key="nat_gateways",
            found="'none' gives the instances public addresses, and internal wants none",
            allowed="perZone, single, or isolated in their place",
            example="single",
        )


def _vpc_cidr(cidr: str) -> Iterator[Problem]:
    def problem(found: str) -> Problem:
        return Problem(
            key="vpc_cidr",
            found=f"{cidr!r} {found}",
            allowed=f"a private IPv4 range, /{MIN_PREFIX} to /{MAX_PREFIX}, apart from Docker's {DOCKER_BRIDGE}",
            example="10.0.0.0/16",
        )

    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        yield problem(f"is not a network ({error})")
        return
    if not MIN_PREFIX <= network.prefixlen <= MAX_PREFIX:
        yield problem("is too small" if network.prefixlen > MAX_PREFIX else "is too large")
    if not any(network.subnet_of(private) for private in PRIVATE_RANGES):
        yield problem("is not private")
    if network.overlaps(DOCKER_BRIDGE):
        yield problem("overlaps the network of the containers on each instance")


def _clients(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    def problem(found: str) -> Problem:
        return Problem(
            key="allowed_cidrs", found=found, allowed="IPv4 ranges, none inside another", example='["203.0.113.0/24"]'
        )

    if not args.allowed_cidrs:
        yield problem("is empty: nobody could connect")
    networks: list[ipaddress.IPv4Network] = []
    for cidr in args.allowed_cidrs:
        try:
            network = ipaddress.IPv4Network(cidr)
        except ValueError as error:
            yield problem(f"{cidr!r} is not a range ({error})")
            continue
        yield from (problem(f"{cidr!r} overlaps {other}") for other in networks if network.overlaps(other))
        networks.append(network)
