"""The policies of the topic that gets the alarms, and of its key.

EventBridge gets no condition in either: it would then not deliver. Sources: Amazon EventBridge User Guide, "Using
resource-based policies for Amazon EventBridge", Amazon SNS permissions; Amazon SNS Developer Guide, "Managing Amazon
SNS encryption keys and costs".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .location import Location
from .policies import Statement, document


@dataclass(frozen=True, kw_only=True)
class _Publisher:
    """A service that may publish.

    Attributes:
        service: the service's principal.
        sources: the ARNs on whose behalf it may. None: no condition.
    """

    service: str
    sources: str | None = None

    @property
    def sid(self) -> str:
        return self.service.partition(".")[0].capitalize()


def topic_policy(topic_arn: str, location: Location, account_id: str, *, budget: bool) -> str:
    """Return the policy of a topic to which only services publish, on behalf of this account.

    Source for AWS Budgets: AWS Cost Management User Guide, "Creating an Amazon SNS topic for budget notifications".

    Args:
        topic_arn: the topic's ARN.
        location: the topic's region.
        account_id: the topic's account.
        budget: whether AWS Budgets publishes too.
    """

    def condition(publisher: _Publisher) -> dict[str, Any]:
        account = {"StringEquals": {"aws:SourceAccount": account_id}}
        return {} if publisher.sources is None else {**account, "ArnLike": {"aws:SourceArn": publisher.sources}}

    return document(
        _allow(publisher, ["sns:Publish"], topic_arn, condition(publisher))
        for publisher in _publishers(location, account_id, budget=budget)
    )


def key_policy(location: Location, account_id: str, *, budget: bool) -> str:
    """Return the policy of the topic's key: the account administers it, services encrypt what they publish.

    The AWS managed key of SNS will not do: its policy, which nobody can change, does not name CloudWatch (AWS re:Post,
    "Can't receive SNS notifications for a CloudWatch alarm with an encrypted topic").
    """

    def condition(publisher: _Publisher) -> dict[str, Any]:
        return {} if publisher.sources is None else {"StringEquals": {"aws:SourceAccount": account_id}}

    administration: Statement = {
        # Without it, nobody could ever change the key ("Default key policy" in the AWS KMS Developer Guide).
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:{location.partition}:iam::{account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    encryption = (
        _allow(publisher, ["kms:Decrypt", "kms:GenerateDataKey*"], "*", condition(publisher))
        for publisher in _publishers(location, account_id, budget=budget)
    )
    return document([administration, *encryption])


def _publishers(location: Location, account_id: str, *, budget: bool) -> Iterator[_Publisher]:
    prefix = f"arn:{location.partition}"
    yield _Publisher(
        service="cloudwatch.amazonaws.com", sources=f"{prefix}:cloudwatch:{location.region}:{account_id}:alarm:*"
    )
    yield _Publisher(service="events.amazonaws.com")
    if budget:
        yield _Publisher(service="budgets.amazonaws.com", sources=f"{prefix}:budgets::{account_id}:*")


def _allow(publisher: _Publisher, actions: list[str], resource: str, condition: dict[str, Any]) -> Statement:
    return {
        "Sid": publisher.sid,
        "Effect": "Allow",
        "Principal": {"Service": publisher.service},
        "Action": actions,
        "Resource": resource,
        **({"Condition": condition} if condition else {}),
    }
