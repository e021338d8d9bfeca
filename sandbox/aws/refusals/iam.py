"""Calls that IAM refuses. moto itself refuses to delete a role that has policies or is in an instance profile."""

from __future__ import annotations

from typing import Any

from moto.iam.models import IAMBackend

from sandbox.aws.patching import refuses
from sandbox.aws.refusals.elbv2 import load_balancers_with_certificate


@refuses(IAMBackend, "delete_server_certificate", "DeleteConflict")
def _certificate_in_use(backend: Any, name: str) -> str | None:
    """Sources: IAM API Reference, "DeleteServerCertificate"; message: hashicorp/terraform#3412."""
    certificate = backend.get_server_certificate(name)
    for load_balancer in load_balancers_with_certificate(backend.account_id, certificate.arn):
        return (
            f"Certificate: {name} is currently in use by {load_balancer}. "
            "Please remove it first before deleting it from IAM."
        )
    return None
