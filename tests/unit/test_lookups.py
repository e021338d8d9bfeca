"""What a program asks AWS: the provider's own Region, account and zones, once, or nothing at all."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from components import ExistingNetwork, InvalidInput, PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation import aws_provider
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

REGION, ACCOUNT, ZONES = (
    f"aws:index/get{name}:get{name}" for name in ("Region", "CallerIdentity", "AvailabilityZones")
)
# The zones that are available, and all zones.
ONCE = {REGION: 1, ACCOUNT: 1, ZONES: 2}
KNOWN = PrivateRegistryArgs(
    region="us-west-2",
    account_id="123456789012",
    availability_zone_names=["us-west-2b", "us-west-2d"],
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of calls of each provider function."""
    counted: Counter[str] = Counter()
    look_up = aws_provider.look_up

    def count(token: str, *args: Any) -> Any:
        counted[token] += 1
        return look_up(token, *args)

    monkeypatch.setattr(aws_provider, "look_up", count)
    return counted


@pytest.fixture
def no_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer as the engine does for a provider whose configuration is not known yet."""

    def answer(_token: str, *_args: Any) -> dict[str, Any]:
        return {}

    monkeypatch.setattr(aws_provider, "look_up", answer)


def registries(*regions: str | None) -> Callable[[], None]:
    """Return a program with a registry per region, with a provider of that region; None is the default provider."""

    def program() -> None:
        providers = {region: aws.Provider(region, region=region) for region in dict.fromkeys(regions) if region}
        for number, region in enumerate(regions):
            opts = pulumi.ResourceOptions(provider=providers[region] if region else None)
            PrivateRegistry(f"r{number}", PrivateRegistryArgs(image="registry:3", nat_gateways="none"), opts)

    return program


def subnet_zones(declaration: Declaration) -> dict[str, str]:
    return {each.name: each.inputs["availabilityZone"] for each in declaration.all("aws:ec2/subnet:Subnet")}


@pytest.mark.parametrize("count", [1, 3])
def test_lookups_do_not_grow_with_the_program(declare: Declare, calls: Counter[str], count: int) -> None:
    declare(registries(*[None] * count))
    assert calls == ONCE


def test_each_provider_has_its_own_lookups(declare: Declare, calls: Counter[str]) -> None:
    zones = subnet_zones(declare(registries("eu-west-1", "us-west-2", "eu-west-1")))
    assert calls == {function: 2 * times for function, times in ONCE.items()}
    assert {name.split("-")[0]: zone[:-1] for name, zone in zones.items()} == {
        "r0": "eu-west-1",
        "r1": "us-west-2",
        "r2": "eu-west-1",
    }


def test_next_program_looks_up_again(declare: Declare, calls: Counter[str]) -> None:
    for _ in range(2):
        declare(registries(None))
    assert calls == {function: 2 * times for function, times in ONCE.items()}


def test_nothing_is_looked_up_if_everything_is_given(declare: Declare, calls: Counter[str]) -> None:
    declaration = declare(lambda: PrivateRegistry("images", KNOWN))
    assert calls == {}
    assert set(subnet_zones(declaration).values()) == {"us-west-2b", "us-west-2d"}
    policy = declaration.one("aws:s3/bucketPolicy:BucketPolicy", "images-logs").inputs["policy"]
    assert "/AWSLogs/123456789012/" in policy


@pytest.mark.parametrize(
    ("args", "option", "actual"),
    [
        (PrivateRegistryArgs(region="us-west-1"), "region", "us-west-2"),
        (PrivateRegistryArgs(account_id="210987654321"), "account_id", "123456789012"),
    ],
)
def test_other_region_or_account_than_the_provider_is_an_error(
    declare: Declare, args: PrivateRegistryArgs, option: str, actual: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        declare(lambda: PrivateRegistry("images", args))
    (problem,) = raised.value.problems
    assert (problem.key, problem.example) == (option, {option: actual})


def test_existing_network_needs_no_zones(declare: Declare, calls: Counter[str]) -> None:
    network = ExistingNetwork(vpc_id="vpc-1", public_subnet_ids=["subnet-1", "subnet-2"])
    declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(network=network)))
    assert calls == {REGION: 1, ACCOUNT: 1}


@pytest.mark.usefixtures("no_answers")
def test_missing_answers_are_one_error_with_the_options_to_set(declare: Declare) -> None:
    with pytest.raises(InvalidInput) as raised:
        declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(min_size=0)), preview=True)
    assert [problem.key for problem in raised.value.problems] == [
        *("region", "account_id", "availability_zone_names"),
        "min_size, desired_capacity, max_size",
    ]
    assert "the provider's configuration depends on a resource that does not exist yet" in str(raised.value)


@pytest.mark.usefixtures("no_answers")
def test_options_take_the_place_of_answers(declare: Declare) -> None:
    declaration = declare(lambda: PrivateRegistry("images", KNOWN), preview=True)
    assert set(subnet_zones(declaration).values()) == {"us-west-2b", "us-west-2d"}


def test_more_zones_than_the_region_has_is_an_error(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = aws_provider.look_up
    monkeypatch.setattr(
        aws_provider,
        "look_up",
        lambda token, *args: {"names": ["us-west-2b"]} if token == ZONES else look_up(token, *args),
    )
    with pytest.raises(InvalidInput) as raised:
        declare(lambda: PrivateRegistry("images"))
    (problem,) = raised.value.problems
    assert (problem.key, problem.found) == ("availability_zones", "2 is more than the region has")
    assert problem.allowed == "at most 1: us-west-2b"
