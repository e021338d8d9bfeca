"""What IAM refuses. moto itself refuses to delete a role with policies, or in an instance profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend

from sandbox.aws.patching import wrap
from sandbox.aws.refusals.elbv2 import balancers_showing


def enforce() -> None:
    """Enforce the rules."""
    wrap(IAMBackend, "delete_server_certificate", _certificate_in_use)


def _certificate_in_use(delete: Callable[..., Any], backend: Any, name: str) -> Any:
    """Sources: IAM API Reference, "DeleteServerCertificate"; hashicorp/terraform#3412 for the text."""
    certificate = backend.get_server_certificate(name)
    for balancer in balancers_showing(backend.account_id, certificate.arn):
        raise DeleteConflictException(
            f"Certificate: {name} is currently in use by {balancer}. "
            "Please remove it first before deleting it from IAM."
        )
    return delete(backend, name)
