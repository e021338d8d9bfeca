"""Lookups by the provider of a component, and how often a program makes them."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.lookups import find_location
from components.network import Network, NetworkArgs
from components.pure.location import Location
from sandbox.evaluation.monitor import RecordingMonitor
from tests.unit.helpers import BEIJING, OREGON, Declare

FUNCTIONS = ("getAvailabilityZones", "getCallerIdentity", "getPartition", "getRegion")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of calls of each provider function."""
    counted: Counter[str] = Counter()
    invoke = RecordingMonitor.Invoke

    def count(monitor: RecordingMonitor, request: Any) -> Any:
        counted[request.tok.rpartition(":")[2]] += 1
        return invoke(monitor, request)

    monkeypatch.setattr(RecordingMonitor, "Invoke", count)
    return counted


def parent(name: str, provider: aws.Provider | None) -> pulumi.ComponentResource:
    return pulumi.ComponentResource("test:index:Parent", name, None, pulumi.ResourceOptions(provider=provider))


def networks(*regions: str | None) -> Callable[[], None]:
    """Return a program with a network per region, with a provider of that region; None is the default provider."""

    def program() -> None:
        providers = {region: aws.Provider(region, region=region) for region in dict.fromkeys(regions) if region}
        for number, region in enumerate(regions):
            component = parent(f"r{number}", providers[region] if region else None)
            args = NetworkArgs(
                location=find_location(component), cidr="10.0.0.0/16", availability_zones=2, nat_gateways="none"
            )
            Network(f"r{number}", args, pulumi.ResourceOptions(parent=component))

    return program


def located(declare: Declare, region: str, provider_region: str | None = None) -> Location:
    found: list[Location] = []

    def program() -> None:
        provider = aws.Provider("own", region=provider_region) if provider_region else None
        found.append(find_location(parent("parent", provider)))

    declare(program, region=region)
    return found[0]


@pytest.mark.parametrize("expected", [OREGON, BEIJING], ids=lambda location: location.region)
def test_location_of_the_default_provider(declare: Declare, expected: Location) -> None:
    assert located(declare, expected.region) == expected


def test_location_of_the_provider_of_the_parent(declare: Declare) -> None:
    assert located(declare, "us-east-1", provider_region="cn-north-1") == BEIJING


@pytest.mark.parametrize("count", [1, 3])
def test_lookups_do_not_grow_with_the_program(declare: Declare, calls: Counter[str], count: int) -> None:
    declare(networks(*[None] * count))
    assert calls == dict.fromkeys(FUNCTIONS, 1)


def test_each_provider_has_its_own_lookups(declare: Declare, calls: Counter[str]) -> None:
    declaration = declare(networks("eu-west-1", "us-west-2", "eu-west-1"))
    assert calls == dict.fromkeys(FUNCTIONS, 2)
    subnets = declaration.all("aws:ec2/subnet:Subnet")
    zones = {each.name.split("-")[0]: each.inputs["availabilityZone"] for each in subnets}
    assert {name: zone[:-1] for name, zone in zones.items()} == {
        "r0": "eu-west-1",
        "r1": "us-west-2",
        "r2": "eu-west-1",
    }


def test_next_program_looks_up_again(declare: Declare, calls: Counter[str]) -> None:
    for _ in range(2):
        declare(networks(None))
    assert calls == dict.fromkeys(FUNCTIONS, 2)
