"""The topic of the alarms: who may publish to it, by which key, and who reads it."""

import json
from typing import Any

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

KEY, TOPIC, POLICY = "aws:kms/key:Key", "aws:sns/topic:Topic", "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
ACCOUNT = {"aws:SourceAccount": "123456789012"}


def registry(declare: Declare, *, region: str = "us-west-2", **options: Any) -> Declaration:
    args = PrivateRegistryArgs(image="registry:3", monitoring=True, **options)
    return declare(lambda: PrivateRegistry("images", args), region=region)


def statements(declared: Declaration, type_: str) -> dict[str, dict[str, Any]]:
    """The statements of a policy by the service that they allow. That of the key's account has none."""
    found = json.loads(declared.one(type_).inputs["policy"])["Statement"]
    return {each["Principal"].get("Service", "account"): each for each in found}


def test_only_services_publish_on_behalf_of_the_account(declare: Declare) -> None:
    declared = registry(declare, monthly_budget=300)
    published = statements(declared, POLICY)
    assert {service: each.get("Condition") for service, each in published.items()} == {
        "cloudwatch.amazonaws.com": {
            "StringEquals": ACCOUNT,
            "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-west-2:123456789012:alarm:*"},
        },
        "events.amazonaws.com": None,  # EventBridge does not deliver to a topic with a condition
        "budgets.amazonaws.com": {
            "StringEquals": ACCOUNT,
            "ArnLike": {"aws:SourceArn": "arn:aws:budgets::123456789012:*"},
        },
    }
    assert {(*each["Action"], each["Resource"]) for each in published.values()} == {
        ("sns:Publish", declared.one(TOPIC).outputs["arn"])
    }


def test_services_that_publish_may_use_the_key(declare: Declare) -> None:
    declared = registry(declare, monthly_budget=300)
    encrypted = statements(declared, KEY)
    administration = encrypted.pop("account")
    assert administration["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert encrypted.keys() == statements(declared, POLICY).keys()
    assert {tuple(each["Action"]) for each in encrypted.values()} == {("kms:Decrypt", "kms:GenerateDataKey*")}
    assert [service for service, each in encrypted.items() if "Condition" not in each] == ["events.amazonaws.com"]
    assert declared.one(TOPIC).inputs["kmsMasterKeyId"] == declared.one(KEY).outputs["arn"]
    assert declared.one(KEY).inputs["enableKeyRotation"] is True


def test_budgets_may_publish_only_with_a_budget(declare: Declare) -> None:
    declared = registry(declare)
    assert "budgets.amazonaws.com" not in {*statements(declared, KEY), *statements(declared, POLICY)}


def test_policies_are_in_the_partition(declare: Declare) -> None:
    declared = registry(declare, region="cn-north-1", monthly_budget=300)
    assert "arn:aws:" not in "".join(each.inputs["policy"] for type_ in (KEY, POLICY) for each in declared.all(type_))


def test_email_is_subscribed_to_a_new_topic(declare: Declare) -> None:
    declared = registry(declare, alarm_email="ops@example.com")
    subscription = declared.one(SUBSCRIPTION).inputs
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "ops@example.com")
    assert subscription["topic"] == declared.one(TOPIC).outputs["arn"]


def test_existing_topic_takes_the_place_of_a_new_one(declare: Declare) -> None:
    arn = "arn:aws:sns:us-west-2:123456789012:ops"
    declared = registry(declare, alarm_topic_arn=arn)
    assert declared.all(TOPIC) == declared.all(KEY) == declared.all(POLICY) == []
    assert declared.one("private-registry:index:PrivateRegistry").outputs["alarmTopicArn"] == arn


@pytest.mark.parametrize(("options", "warnings"), [({}, 1), ({"alarm_email": "ops@example.com"}, 0)])
def test_registry_warns_once_that_nobody_gets_the_alarms(
    declare: Declare, caplog: pytest.LogCaptureFixture, options: dict[str, str], warnings: int
) -> None:
    registry(declare, **options)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warnings
