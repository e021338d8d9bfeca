"""Gaps of moto's SNS: subscriptions of email addresses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.sns.models import SNSBackend

from sandbox.aws.patching import around


@around(SNSBackend, "subscribe")
def _wait_for_confirmation(subscribe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A subscription by email is pending until its owner follows the link. moto confirms it at once.

    Source: SNS API Reference, "Subscribe".
    """
    subscription = subscribe(*args, **kwargs)
    if subscription.protocol == "email":
        subscription.attributes |= {"PendingConfirmation": True, "ConfirmationWasAuthenticated": False}
    return subscription
