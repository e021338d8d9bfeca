"""Certificates that are valid today."""

from __future__ import annotations

from datetime import datetime, timezone

from tests.unit import pems
from tests.unit.pems import Issued


def issue(name: str, *, by: Issued | None = None) -> Issued:
    """Issue a certificate for a DNS name. Without an issuer, it is self-signed."""
    return pems.issue(name, by=by, common_name=name, now=datetime.now(timezone.utc))
