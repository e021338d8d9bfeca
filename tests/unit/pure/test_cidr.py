"""The subnets of the largest and the smallest VPC. test_properties.py tests any VPC."""

import ipaddress

import pytest

from components.pure.cidr import MAX_PREFIX, MAX_ZONES, MIN_PREFIX, ZoneCidrs, zone_cidrs


def test_private_subnets_are_in_the_lower_half_and_public_ones_in_the_upper() -> None:
    assert zone_cidrs("10.0.0.0/16", 2) == [
        ZoneCidrs(private="10.0.0.0/20", public="10.0.128.0/20"),
        ZoneCidrs(private="10.0.16.0/20", public="10.0.144.0/20"),
    ]


def test_smallest_vpc_has_subnets_for_a_load_balancer() -> None:
    subnets = [ipaddress.ip_network(zone.public) for zone in zone_cidrs(f"10.0.0.0/{MAX_PREFIX}", MAX_ZONES)]
    assert all(subnet.prefixlen <= 27 for subnet in subnets)


@pytest.mark.parametrize("prefix", [MIN_PREFIX, MAX_PREFIX])
def test_subnets_are_distinct(prefix: int) -> None:
    zones = zone_cidrs(f"10.0.0.0/{prefix}", MAX_ZONES)
    assert len({subnet for zone in zones for subnet in (zone.private, zone.public)}) == 2 * MAX_ZONES


@pytest.mark.parametrize("cidr", ["10.0.0.1/16", "10.0.0.0/29", "fd00::/56", "none"])
def test_cidr_that_cannot_be_split_is_an_error(cidr: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        zone_cidrs(cidr, 2)
