"""What Route 53 refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.route53.exceptions import ResourceRecordAlreadyExists
from moto.route53.models import Route53Backend

from sandbox.aws.patching import wrap


def enforce() -> None:
    """Enforce the rules."""
    wrap(Route53Backend, "change_resource_record_sets", _existing_record)


def _existing_record(change: Callable[..., None], backend: Any, zone_id: str, changes: list[dict[str, Any]]) -> None:
    """A record set that is there is not created again, whatever its value; moto refuses the very same change alone.

    Source: Route 53 API Reference, "ChangeResourceRecordSets", Action CREATE. The message is one that
    hashicorp/terraform-provider-aws#7918 and aws-quickstart/quickstart-aws-acm-certificate#5 quote.
    """
    there = {(record.name, record.type, record.set_identifier) for record in backend.get_hosted_zone(zone_id).rrsets}
    for item in changes:
        key = _key(item["ResourceRecordSet"])
        if item["Action"] == "DELETE":
            there.discard(key)
        elif item["Action"] == "CREATE" and key in there:
            raise ResourceRecordAlreadyExists(name=key[0], _type=key[1])
    change(backend, zone_id, changes)


def _key(record: dict[str, Any]) -> tuple[str, str, str | None]:
    return record["Name"].rstrip(".") + ".", record["Type"], record.get("SetIdentifier")
