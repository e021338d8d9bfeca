"""Calls that SNS refuses."""

from __future__ import annotations

from typing import Any

from moto.sns.models import SNSBackend

from sandbox.aws.patching import refuses


@refuses(SNSBackend, "unsubscribe", "InvalidParameter")
def _pending_subscription(backend: Any, subscription_arn: str) -> str | None:
    """Source: terraform-provider-aws, internal/service/sns/topic_subscription.go, resourceTopicSubscriptionDelete."""
    subscription = backend.subscriptions.get(subscription_arn)
    if subscription and subscription.attributes["PendingConfirmation"]:
        return (
            "Invalid parameter: SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation"
        )
    return None
