"""The Availability Zones of a network stay, whatever AWS lists in a later run."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import run, run_failing
from tests.engine.queries import AwsClients
from tests.engine.stacks import PROGRAMS, CreateStack

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    """A network in the zones b and d: AWS lists no zone a yet, and c is impaired."""
    stack = create_stack(PROGRAMS / "zones", "test")
    configure(stack, zones="bcd", available="bd")
    run(stack.up)
    return stack


def configure(stack: auto.Stack, **values: str) -> None:
    """Set these config values, and remove all others of the program."""
    for key in ("zones", "available", "count", "names"):
        if key in values:
            stack.set_config(key, auto.ConfigValue(values[key]))
        elif f"zones:{key}" in stack.get_all_config():
            stack.remove_config(key)


def zones(aws: AwsClients) -> dict[str, str]:
    """The zone of each subnet, by its name without the registry's."""
    subnets = aws("ec2").describe_subnets(Filters=[{"Name": "tag:Name", "Values": ["images-*"]}])["Subnets"]
    names = {tag["Value"]: each["AvailabilityZone"] for each in subnets for tag in each["Tags"] if tag["Key"] == "Name"}
    return {name.removeprefix("images-"): zone.removeprefix("us-west-2") for name, zone in names.items()}


def test_first_choice_avoids_impaired_zones(stack: auto.Stack, aws: AwsClients) -> None:
    assert zones(aws) == {"private-1": "b", "private-2": "d", "public-1": "b", "public-2": "d"}


@pytest.mark.parametrize(
    "listed",
    [
        {"zones": "abcd", "available": "abcd"},
        {"zones": "abcd", "available": "acd"},
        {"zones": "abcd", "available": "c"},
        {"zones": "acd", "available": "ac"},
    ],
    ids=["zone added before the others", "zone in use impaired", "only another zone available", "zone in use gone"],
)
def test_zones_stay_when_aws_lists_others(stack: auto.Stack, listed: dict[str, str]) -> None:
    configure(stack, **listed)
    assert run(stack.preview).changes == {}


def test_present_zones_can_be_named(stack: auto.Stack) -> None:
    configure(stack, zones="abcd", available="abcd", names="bd")
    assert run(stack.preview).changes == {}


@pytest.mark.parametrize("names", ["db", "ab", "dc"])
def test_preview_refuses_names_that_move_subnets(stack: auto.Stack, names: str) -> None:
    configure(stack, zones="abcd", available="abcd", names=names)
    text = run_failing(stack.preview).text
    assert "would move subnets, which are in us-west-2b, us-west-2d" in text
    assert "availability_zone_names=['us-west-2b', 'us-west-2d']" in text


def test_added_zone_is_one_that_is_not_in_use(stack: auto.Stack, aws: AwsClients) -> None:
    configure(stack, zones="abcd", available="bcd", count="3")
    operations = run(stack.up).changes
    assert zones(aws) == {
        **{"private-1": "b", "private-2": "d", "private-3": "c"},
        **{"public-1": "b", "public-2": "d", "public-3": "c"},
    }
    assert {operations[f"Subnet images-{kind}-3"] for kind in ("private", "public")} == {"create"}
    assert "delete" not in operations.values()
    assert "replace" not in operations.values()


def test_last_zone_can_be_removed(stack: auto.Stack, aws: AwsClients) -> None:
    configure(stack, zones="abcd", available="abcd", names="bd")
    run(stack.up)
    assert zones(aws) == {"private-1": "b", "private-2": "d", "public-1": "b", "public-2": "d"}
    run(stack.destroy)
