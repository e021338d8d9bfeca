"""What EC2 refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.security_groups import SecurityGroupBackend

from sandbox.patching import wrap


def enforce() -> None:
    """Enforce the rules."""
    wrap(SecurityGroupBackend, "create_security_group", _reserved_group_name)


def _reserved_group_name(create: Callable[..., Any], backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Source: EC2 API Reference, "CreateSecurityGroup", GroupName."""
    if name.startswith("sg-"):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
        )
    return create(backend, name, *args, **kwargs)
