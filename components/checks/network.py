"""Checks of the network, new or existing."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import get_args

from ..args import ExistingNetwork, NatGateways, PrivateRegistryArgs
from ..problems import OPTIONS, Problem
from ..pure.cidr import DOCKER_BRIDGE, MAX_PREFIX, MAX_ZONES, MIN_PREFIX, PRIVATE_RANGES
from ..pure.image import ecr_repository
from ..pure.location import REGION

_NEW_NETWORK_OPTIONS = (
    *("vpc_cidr", "availability_zones", "availability_zone_names"),
    *("nat_gateways", "isolated", "flow_logs"),
)
_MAX_CIDRS = 100  # EC2 API reference, CreateManagedPrefixList, Entry
_SUBNET_IDS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


def network_problems(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    """Find the problems with the network, for a registry in a region. Without a region, some are not found."""
    yield from _vpc_cidr(args.vpc_cidr)
    yield from _new_network(args)
    if args.availability_zone_names is not None and args.network is None:
        yield from _zone_names(args.availability_zone_names, args.availability_zones, region)
    if args.network is not None:
        yield from _existing_network(args)
        yield from _subnets(args.network, internal=args.internal)
    if args.isolated:
        yield from _isolated(args, region)
    yield from _internal(args)
    yield from _allowed_cidrs(args)


def _new_network(args: PrivateRegistryArgs) -> Iterator[Problem]:
    if not 2 <= args.availability_zones <= MAX_ZONES:
        yield Problem(
            key="availability_zones",
            found=f"{args.availability_zones} cannot be used",
            allowed=f"2 to {MAX_ZONES}: a load balancer needs two",
        )
    if args.nat_gateways not in get_args(NatGateways):
        yield Problem(
            key="nat_gateways",
            found=f"{args.nat_gateways!r} is unknown",
            allowed=", ".join(get_args(NatGateways)),
        )


def _zone_names(names: Sequence[str], count: int, region: str) -> Iterator[Problem]:
    def problem(found: str) -> Problem:
        return Problem(
            key="availability_zone_names",
            found=found,
            allowed=f"2 to {MAX_ZONES} different Availability Zones of the Region, such as {region or 'us-west-2'}a;"
            " no Local Zones or Wavelength Zones",
        )

    if not 2 <= len(names) <= MAX_ZONES:
        yield problem(f"{len(names)} cannot be used")
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        yield problem(f"{', '.join(doubled)} is named twice")
    # A Local Zone is named "us-west-2-lax-1a" ("AWS Local Zones concepts").
    zone = re.compile(rf"{region or REGION.pattern}[a-z]")
    if others := [name for name in names if not zone.fullmatch(name)]:
        yield problem(f"{', '.join(others)}: not an Availability Zone of {region or 'an AWS Region'}")
    if count != OPTIONS["availability_zones"].default:
        yield Problem(
            key="availability_zones",
            found="is set, but `availability_zone_names` names the zones",
            allowed="only one of the two",
            example={"availability_zones": None},
        )


def _existing_network(args: PrivateRegistryArgs) -> Iterator[Problem]:
    for key in _NEW_NETWORK_OPTIONS:
        if getattr(args, key) != OPTIONS[key].default:
            yield Problem(
                key=key,
                found="describes a new network, but `network` is set",
                allowed="only one of the two",
                example={key: None},
            )


def _subnets(network: ExistingNetwork, *, internal: bool) -> Iterator[Problem]:
    kinds = {
        "public_subnet_ids": (network.public_subnet_ids, not internal),
        "private_subnet_ids": (network.private_subnet_ids, internal or bool(network.private_subnet_ids)),
    }
    for kind, (subnets, needed) in kinds.items():
        if needed and isinstance(subnets, Sequence) and len(subnets) < 2:
            key = f"network.{kind}"
            yield Problem(
                key=key,
                found=f"{len(subnets)} are too few",
                allowed="subnets in at least two Availability Zones, for the load balancer and the instances",
                example={key: _SUBNET_IDS},
            )


def _isolated(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    repository = ecr_repository(args.image)
    if repository is None or region not in ("", repository.region):
        yield Problem(
            key="image",
            found=f"{args.image!r} cannot be pulled in an isolated network",
            allowed=f"an image in Amazon ECR in {region or 'its Region'}, for which the network has a VPC endpoint",
            example={"image": f"123456789012.dkr.ecr.{region or 'us-west-2'}.amazonaws.com/registry:3"},
        )
    if args.upstream is not None:
        yield Problem(
            key="upstream",
            found="cannot be reached from an isolated network",
            allowed="a network with NAT gateways: `internal` in place of `isolated`",
            example={"isolated": None, "internal": True},
        )
    if args.nat_gateways != OPTIONS["nat_gateways"].default:
        yield Problem(
            key="nat_gateways",
            found="is set, but an `isolated` network has no NAT gateways",
            allowed="only one of the two",
            example={"nat_gateways": None},
        )
    if region.startswith("cn-"):
        yield Problem(
            key="isolated",
            found=f"is not supported in {region}, where the VPC endpoints of AWS services have other names",
            allowed="an existing network with VPC endpoints",
            example={"isolated": None, "network": OPTIONS["network"].example},
        )


def _internal(args: PrivateRegistryArgs) -> Iterator[Problem]:
    if args.internal and not args.isolated and args.network is None and args.nat_gateways == "none":
        yield Problem(
            key="nat_gateways",
            found="'none' gives the instances public addresses, but the registry is `internal`",
            allowed="perZone or single, or `isolated`",
        )


def _vpc_cidr(cidr: str) -> Iterator[Problem]:
    def problem(found: str) -> Problem:
        return Problem(
            key="vpc_cidr",
            found=f"{cidr!r} {found}",
            allowed=f"a private IPv4 range, /{MIN_PREFIX} to /{MAX_PREFIX}, apart from Docker's {DOCKER_BRIDGE}",
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


def _allowed_cidrs(args: PrivateRegistryArgs) -> Iterator[Problem]:
    def problem(found: str) -> Problem:
        return Problem(key="allowed_cidrs", found=found, allowed=f"1 to {_MAX_CIDRS} IPv4 ranges that do not overlap")

    if not isinstance(args.allowed_cidrs, Sequence):
        return
    if not args.allowed_cidrs:
        yield problem("is empty: no client could connect")
    if len(args.allowed_cidrs) > _MAX_CIDRS:
        yield problem(f"has {len(args.allowed_cidrs)} ranges")
    networks: list[ipaddress.IPv4Network] = []
    for cidr in args.allowed_cidrs:
        if not isinstance(cidr, str):
            continue
        try:
            network = ipaddress.IPv4Network(cidr)
        except ValueError as error:
            yield problem(f"{cidr!r} is not a range ({error})")
            continue
        if cidr != str(network):
            yield problem(f"{cidr!r} is not in the form ADDRESS/LENGTH, such as {network}")
        yield from (problem(f"{cidr!r} overlaps {other}") for other in networks if network.overlaps(other))
        networks.append(network)
