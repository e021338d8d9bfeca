"""Gaps of moto's AWS Budgets: subscribers of notifications, tags, changes of a budget, amounts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.budgets.models import Budget
from moto.budgets.responses import BudgetsResponse

from sandbox.aws.patching import around, method_of


@around(BudgetsResponse, "create_budget")
def _keep_tags(create: Callable[..., str], response: Any) -> str:
    """Source: AWS Billing and Cost Management API Reference, "CreateBudget", ResourceTags."""
    answer = create(response)
    _named(response, response._get_param("Budget")["BudgetName"]).tags = _tags(response)
    return answer


@around(Budget, "to_dict")
def _amount_with_decimals(to_dict: Callable[..., dict[str, Any]], budget: Any) -> dict[str, Any]:
    """A limit of "300" is returned as "300.0".

    Source: terraform-provider-aws, internal/service/budgets/budget.go, which ignores this difference.
    """
    described = to_dict(budget)
    described["BudgetLimit"] = {**described["BudgetLimit"], "Amount": str(float(described["BudgetLimit"]["Amount"]))}
    return described


@method_of(BudgetsResponse)
def update_budget(response: Any) -> str:
    """Source: AWS Billing and Cost Management API Reference, "UpdateBudget"."""
    changed = response._get_param("NewBudget")
    _named(response, changed["BudgetName"]).budget |= changed
    return json.dumps({})


@method_of(BudgetsResponse)
def describe_subscribers_for_notification(response: Any) -> str:
    """Source: AWS Billing and Cost Management API Reference, "DescribeSubscribersForNotification"."""
    wanted = response._get_param("Notification")
    found = [
        subscriber
        for notification in _named(response, response._get_param("BudgetName")).notifications
        if {**notification.details, **wanted} == notification.details
        for subscriber in notification.subscribers
    ]
    return json.dumps({"Subscribers": found})


@method_of(BudgetsResponse)
def list_tags_for_resource(response: Any) -> str:
    """Source: AWS Billing and Cost Management API Reference, "ListTagsForResource"."""
    tags = _of_arn(response).tags
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in tags.items()]})


@method_of(BudgetsResponse)
def tag_resource(response: Any) -> str:
    """Source: AWS Billing and Cost Management API Reference, "TagResource"."""
    _of_arn(response).tags |= _tags(response)
    return json.dumps({})


def _named(response: Any, name: str) -> Any:
    return response.backend.budgets[response._get_param("AccountId") or response.current_account][name]


def _of_arn(response: Any) -> Any:
    return _named(response, response._get_param("ResourceARN").partition(":budget/")[2])


def _tags(response: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response._get_param("ResourceTags", [])}
