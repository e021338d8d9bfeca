"""Route 53 as AWS answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.route53.models import HostedZoneIdentifier

from sandbox.aws.patching import wrap


def close() -> None:
    """Close the gaps."""
    wrap(HostedZoneIdentifier, "generate", _begin_with_z)


def _begin_with_z(generate: Callable[..., str], *args: Any, **kwargs: Any) -> str:
    """A hosted zone's id begins with Z; moto's begins with any capital or digit.

    Source: Route 53 API Reference, "CreateHostedZone" and "GetHostedZone", the examples.
    """
    return f"Z{generate(*args, **kwargs)[1:]}"
