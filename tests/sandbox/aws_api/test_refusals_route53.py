"""Calls that the emulated Route 53 refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

_NAME = "registry.example.com"


@pytest.fixture
def change(aws: Callable[[str], Any]) -> Callable[..., None]:
    """Apply changes to a record of a hosted zone, each given as an action and a value."""
    route53 = aws("route53")
    zone_id = route53.create_hosted_zone(Name="example.com", CallerReference="test")["HostedZone"]["Id"]

    def apply(*changes: tuple[str, str]) -> None:
        batch = [
            {
                "Action": action,
                "ResourceRecordSet": {
                    "Name": _NAME,
                    "Type": "CNAME",
                    "TTL": 60,
                    "ResourceRecords": [{"Value": value}],
                },
            }
            for action, value in changes
        ]
        route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": batch})

    return apply


@pytest.mark.parametrize("value", ["one.example.com", "two.example.com"])
def test_existing_record_is_not_created_again(change: Callable[..., None], value: str) -> None:
    change(("CREATE", "one.example.com"))
    with pytest.raises(ClientError, match=r"InvalidChangeBatch.*name='registry\.example\.com\.'.*already exists"):
        change(("CREATE", value))


@pytest.mark.parametrize(
    "changes",
    [
        [("UPSERT", "two.example.com")],
        [("DELETE", "one.example.com"), ("CREATE", "two.example.com")],
    ],
)
def test_existing_record_is_replaced(change: Callable[..., None], changes: list[tuple[str, str]]) -> None:
    change(("CREATE", "one.example.com"))
    change(*changes)
    with pytest.raises(ClientError, match="already exists"):
        change(("CREATE", "three.example.com"))
