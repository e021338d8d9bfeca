"""ACM certificates of one domain in two regions: one DNS record validates and renews both."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import preview_drift, run
from tests.engine.queries import AwsClients
from tests.engine.stacks import PROGRAMS, CreateStack


@pytest.fixture(scope="module")
def zone_id(aws: AwsClients) -> str:
    """The domain's hosted zone, which belongs to no stack."""
    zone = aws("route53").create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]
    return zone["Id"].rpartition("/")[2]


@pytest.fixture(scope="module")
def stacks(create_stack: CreateStack, zone_id: str) -> list[auto.Stack]:
    """The deployed stacks, one in each region."""
    stacks = [create_stack(PROGRAMS / "certificate", name) for name in ("oregon", "ireland")]
    for stack in stacks:
        stack.set_config("hostedZone", auto.ConfigValue(zone_id))
        run(stack.up)
    return stacks


def test_certificates_share_the_validation_record(stacks: list[auto.Stack]) -> None:
    for stack in stacks:
        assert preview_drift(stack) == {}


def test_destroying_one_stack_keeps_the_record_for_the_other(
    stacks: list[auto.Stack], zone_id: str, aws: AwsClients
) -> None:
    run(stacks[0].destroy)

    records = aws("route53").list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    assert [record["Name"].partition(".")[2] for record in records if record["Type"] == "CNAME"] == [
        "registry.example.com."
    ]
    assert preview_drift(stacks[1]) == {}
