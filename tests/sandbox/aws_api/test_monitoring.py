"""CloudWatch's alarms, SNS and AWS Budgets in the emulated AWS API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"


def alarm(*, period: int = 300, periods: int = 3, description: str = "errors", values: int = 1) -> dict[str, Any]:
    """The arguments of an alarm on an expression. `values` of its two queries return data."""
    metric = {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount"}
    return {
        "AlarmName": "registry",
        "AlarmDescription": description,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 1,
        "EvaluationPeriods": periods,
        "Metrics": [
            {
                "Id": "requests",
                "MetricStat": {"Metric": metric, "Period": period, "Stat": "Sum"},
                "ReturnData": values > 1,
            },
            {"Id": "value", "Expression": "requests / 2", "ReturnData": values > 0},
        ],
    }


def test_alarm_on_an_expression_is_kept(aws: Callable[[str], Any]) -> None:
    aws("cloudwatch").put_metric_alarm(**alarm(period=86_400, periods=7, description="x" * 1024))
    [found] = aws("cloudwatch").describe_alarms()["MetricAlarms"]
    assert [query["Id"] for query in found["Metrics"]] == ["requests", "value"]


@pytest.mark.parametrize(
    "refused",
    [
        alarm(description="x" * 1025),
        alarm(period=300, periods=289),
        alarm(period=86_400, periods=8),
        alarm(values=0),
        alarm(values=2),
    ],
    ids=["description", "more than a day", "more than a week", "no value", "two values"],
)
def test_alarm_beyond_the_limits_is_refused(aws: Callable[[str], Any], refused: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        aws("cloudwatch").put_metric_alarm(**refused)


def test_pending_subscription_ends_with_its_topic_only(aws: Callable[[str], Any]) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="registry-alarms")["TopicArn"]
    subscription = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="ops@example.com", ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    with pytest.raises(ClientError, match="pending confirmation"):
        sns.unsubscribe(SubscriptionArn=subscription)
    sns.delete_topic(TopicArn=topic)
    assert sns.list_subscriptions()["Subscriptions"] == []


def test_budget_keeps_its_subscribers_and_tags(aws: Callable[[str], Any]) -> None:
    budgets = aws("budgets")
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 100}
    subscriber = {"SubscriptionType": "SNS", "Address": f"arn:aws:sns:us-west-2:{ACCOUNT}:ops"}
    budget = {
        "BudgetName": "registry",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "300", "Unit": "USD"},
    }
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget=budget,
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [subscriber]}],
        ResourceTags=[{"Key": "team", "Value": "platform"}],
    )
    names = {"AccountId": ACCOUNT, "BudgetName": "registry"}
    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**budget, "BudgetLimit": {"Amount": "400", "Unit": "USD"}})
    assert budgets.describe_budget(**names)["Budget"]["BudgetLimit"]["Amount"] == "400.0"
    found = budgets.describe_subscribers_for_notification(**names, Notification=notification)
    assert found["Subscribers"] == [subscriber]
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/registry"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "team", "Value": "platform"}]
