"""Subnet arithmetic for the registry's VPC."""

import ipaddress
from dataclasses import dataclass

# Sixteen blocks hold a private and a public subnet for each of up to eight zones. The blocks of a zone depend on
# its index alone, so that another zone moves no subnet: a subnet that moves is replaced, with all that is in it.
_SPLIT = 4
MAX_ZONES = 6  # no AWS region has more zones that every account can use
MIN_PREFIX = 16  # the largest VPC that AWS makes
MAX_PREFIX = 23  # /23 leaves subnets of /27, the smallest that an Application Load Balancer takes

PRIVATE_RANGES = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
DOCKER_BRIDGE = ipaddress.IPv4Network("172.17.0.0/16")


@dataclass(frozen=True)
class ZoneCidrs:
    """The two subnets of one Availability Zone."""

    private: str
    public: str


def zone_cidrs(vpc_cidr: str, zones: int) -> list[ZoneCidrs]:
    """The subnets of each zone: inside the VPC, disjoint, in order.

    Args:
        vpc_cidr: the VPC's range, such as "10.0.0.0/16".
        zones: how many zones, 1 to `MAX_ZONES`.

    Raises:
        ValueError: the range is not a network, or is too small for subnets at all.
    """
    blocks = list(ipaddress.IPv4Network(vpc_cidr).subnets(prefixlen_diff=_SPLIT))
    half = len(blocks) // 2
    return [ZoneCidrs(private=str(blocks[i]), public=str(blocks[half + i])) for i in range(zones)]
