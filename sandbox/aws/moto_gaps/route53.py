"""Gaps of moto's Route 53: the IDs of hosted zones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.route53.models import HostedZoneIdentifier

from sandbox.aws.patching import around


@around(HostedZoneIdentifier, "generate")
def _start_with_z(generate: Callable[..., str], *args: Any, **kwargs: Any) -> str:
    """The ID of a hosted zone starts with Z. An ID of moto starts with any uppercase letter or digit.

    Source: Route 53 API Reference, the examples of "CreateHostedZone" and "GetHostedZone".
    """
    return f"Z{generate(*args, **kwargs)[1:]}"
