"""The CIDR blocks of the VPC's subnets."""

import ipaddress
from dataclasses import dataclass

# 2^4 = 16 blocks: a private and a public subnet for each of up to eight zones. A zone's blocks depend only on its
# index, so another zone changes no other subnet. A subnet whose block changes is replaced, with everything in it.
_SUBNET_BITS = 4
MAX_ZONES = 6  # no AWS region has more zones that every account can use
MIN_PREFIX = 16  # the largest VPC that AWS allows
MAX_PREFIX = 23  # subnets of /27, the smallest that an Application Load Balancer accepts

PRIVATE_RANGES = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
DOCKER_BRIDGE = ipaddress.IPv4Network("172.17.0.0/16")


@dataclass(frozen=True)
class ZoneCidrs:
    """The CIDR blocks of an Availability Zone's two subnets."""

    private: str
    public: str


def zone_cidrs(vpc_cidr: str, zones: int) -> list[ZoneCidrs]:
    """Return the subnets of each zone, in order. They are disjoint and inside the VPC.

    Args:
        vpc_cidr: the VPC's CIDR block, such as "10.0.0.0/16".
        zones: the number of zones, 1 to `MAX_ZONES`.

    Raises:
        ValueError: `vpc_cidr` is not an IPv4 network, or too small to be split.
    """
    blocks = list(ipaddress.IPv4Network(vpc_cidr).subnets(prefixlen_diff=_SUBNET_BITS))
    half = len(blocks) // 2
    return [ZoneCidrs(private=str(blocks[i]), public=str(blocks[half + i])) for i in range(zones)]
