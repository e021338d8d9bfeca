"""Gaps of moto's Route 53: the IDs of hosted zones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.route53.models import HostedZoneIdentifier

from sandbox.aws.patching import around


@around(HostedZoneIdentifier, "generate")
def _begin_with_z(generate: Callable[..., str], *args: Any, **kwargs: Any) -> str:
    """The ID of a hosted zone begins with Z. An ID of moto begins with any capital letter or digit.

    Source: Route 53 API Reference, "CreateHostedZone" and "GetHostedZone", the examples.
    """
    return f"Z{generate(*args, **kwargs)[1:]}"
