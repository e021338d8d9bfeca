"""A domain's certificates in two regions: ACM validates both by one record, and renews each while it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.steps import changed, run

_PROGRAM = Path(__file__).parent / "programs" / "certificate"


@pytest.fixture(scope="module")
def zone_id(aws: Callable[[str], Any]) -> str:
    """The domain's hosted zone, which no stack owns."""
    zone = aws("route53").create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]
    return zone["Id"].rpartition("/")[2]


@pytest.fixture(scope="module")
def stacks(api: AwsApi, folder: Path, zone_id: str) -> list[auto.Stack]:
    """The program's two stacks, up."""
    selected = [engine.create_stack(_PROGRAM, name, api, folder / name) for name in ("oregon", "ireland")]
    for stack in selected:
        stack.set_config("hostedZone", auto.ConfigValue(zone_id))
        run(stack.up)
    return selected


def test_certificates_of_a_domain_share_their_record(stacks: list[auto.Stack], aws: Callable[[str], Any]) -> None:
    for stack in stacks:
        steps = changed(run(stack.preview, refresh=True))
        assert set(steps.values()) == {"refresh"}, steps


def test_destroy_of_one_leaves_the_record_to_the_other(
    stacks: list[auto.Stack], zone_id: str, aws: Callable[[str], Any]
) -> None:
    run(stacks[0].destroy)
    records = aws("route53").list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    assert [record["Name"].partition(".")[2] for record in records if record["Type"] == "CNAME"] == [
        "registry.example.com."
    ]
    steps = changed(run(stacks[1].preview, refresh=True))
    assert set(steps.values()) == {"refresh"}, steps
