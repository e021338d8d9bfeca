"""What ACM refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend
from moto.core.exceptions import AWSError

from sandbox.aws.patching import wrap
from sandbox.aws.refusals.elbv2 import balancers_showing


def enforce() -> None:
    """Enforce the rules."""
    wrap(AWSCertificateManagerBackend, "delete_certificate", _certificate_in_use)


def _certificate_in_use(delete: Callable[..., Any], backend: Any, arn: str) -> Any:
    """Source: ACM API Reference, "DeleteCertificate"."""
    if balancers_showing(backend.account_id, arn):
        message = f"Certificate {arn} in account {backend.account_id} is in use."
        raise AWSError(message, "ResourceInUseException")
    return delete(backend, arn)
