"""Certificates that are valid today, made on the spot."""

from __future__ import annotations

from datetime import datetime, timezone

from tests.unit import pems
from tests.unit.pems import Issued


def issue(name: str, *, by: Issued | None = None) -> Issued:
    """A certificate for a DNS name; self-signed, unless an issuer is given."""
    return pems.issue(name, by=by, common_name=name, now=datetime.now(timezone.utc))
