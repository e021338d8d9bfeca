"""Gaps of moto's Route 53 that the emulator closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def test_hosted_zone_id_starts_with_z(aws: Callable[[str], Any]) -> None:
    created = [
        aws("route53").create_hosted_zone(Name="example.com", CallerReference=str(n))["HostedZone"]["Id"]
        for n in range(5)
    ]
    assert [zone for zone in created if not zone.startswith("/hostedzone/Z")] == []
