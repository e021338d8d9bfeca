"""Calls that ACM refuses."""

from __future__ import annotations

from typing import Any

from moto.acm.models import AWSCertificateManagerBackend

from sandbox.aws.patching import refuses
from sandbox.aws.refusals.elbv2 import load_balancers_with_certificate


@refuses(AWSCertificateManagerBackend, "delete_certificate", "ResourceInUseException")
def _certificate_in_use(backend: Any, arn: str) -> str | None:
    """Source: ACM API Reference, "DeleteCertificate"."""
    if load_balancers_with_certificate(backend.account_id, arn):
        return f"Certificate {arn} in account {backend.account_id} is in use."
    return None
