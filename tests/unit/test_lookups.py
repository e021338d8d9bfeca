"""How often a program asks its provider."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components.location import Location
from components.network import Network, NetworkArgs
from sandbox.evaluation.monitor import RecordingMonitor
from tests.unit.helpers import Declare

QUESTIONS = ("getAvailabilityZones", "getCallerIdentity", "getPartition", "getRegion")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each function was called so far."""
    counted: Counter[str] = Counter()
    answer = RecordingMonitor.Invoke

    def count(monitor: RecordingMonitor, request: Any) -> Any:
        counted[request.tok.rpartition(":")[2]] += 1
        return answer(monitor, request)

    monkeypatch.setattr(RecordingMonitor, "Invoke", count)
    return counted


def program(*providers: str | None) -> Callable[[], None]:
    """A network for each provider; None is the default one."""

    def run() -> None:
        made = {region: aws.Provider(region, region=region) for region in dict.fromkeys(providers) if region}
        for number, region in enumerate(providers):
            own = pulumi.ResourceOptions(provider=made[region]) if region else None
            parent = pulumi.ComponentResource("test:index:Parent", f"r{number}", None, own)
            args = NetworkArgs(
                location=Location.of(parent), cidr="10.0.0.0/16", availability_zones=2, nat_gateways="none"
            )
            Network(f"r{number}", args, pulumi.ResourceOptions(parent=parent))

    return run


@pytest.mark.parametrize("networks", [1, 3])
def test_more_of_a_program_asks_no_more(declare: Declare, asked: Counter[str], networks: int) -> None:
    declare(program(*[None] * networks))
    assert asked == dict.fromkeys(QUESTIONS, 1)


def test_each_provider_is_asked_for_itself(declare: Declare, asked: Counter[str]) -> None:
    declaration = declare(program("eu-west-1", "us-west-2", "eu-west-1"))
    assert asked == dict.fromkeys(QUESTIONS, 2)
    subnets = declaration.all("aws:ec2/subnet:Subnet")
    zones = {each.name.split("-")[0]: each.inputs["availabilityZone"] for each in subnets}
    assert {name: zone[:-1] for name, zone in zones.items()} == {
        "r0": "eu-west-1",
        "r1": "us-west-2",
        "r2": "eu-west-1",
    }


def test_the_next_program_asks_again(declare: Declare, asked: Counter[str]) -> None:
    for _ in range(2):
        declare(program(None))
    assert asked == dict.fromkeys(QUESTIONS, 2)
