"""Route 53, where moto answers otherwise than AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_hosted_zone_id_begins_with_z(aws: Callable[[str], Any]) -> None:
    created = [
        aws("route53").create_hosted_zone(Name="example.com", CallerReference=str(n))["HostedZone"]["Id"]
        for n in range(5)
    ]
    assert [zone for zone in created if not zone.startswith("/hostedzone/Z")] == []
