"""Calls that Route 53 refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.route53.models import Route53Backend

from sandbox.aws.patching import refuses


@refuses(Route53Backend, "change_resource_record_sets", "InvalidChangeBatch")
def _record_exists(backend: Any, zoneid: str, change_list: Sequence[Mapping[str, Any]]) -> str | None:
    """CREATE fails if the record exists, with any value. moto refuses only an identical record.

    Sources: Route 53 API Reference, "ChangeResourceRecordSets", Action CREATE; message:
    hashicorp/terraform-provider-aws#7918, aws-quickstart/quickstart-aws-acm-certificate#5.
    """
    existing = {(record.name, record.type, record.set_identifier) for record in backend.get_hosted_zone(zoneid).rrsets}
    for change in change_list:
        record = change["ResourceRecordSet"]
        name = record["Name"].rstrip(".") + "."
        key = (name, record["Type"], record.get("SetIdentifier"))
        if change["Action"] == "DELETE":
            existing.discard(key)
        elif change["Action"] == "CREATE" and key in existing:
            return f"Tried to create resource record set [name='{name}', type='{record['Type']}'] but it already exists"
    return None
