"""Calls that the emulated EventBridge Scheduler refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

_GROUP = "arn:aws:scheduler:us-west-2:123456789012:schedule-group/registry"


def create_schedule(
    aws: Callable[[str], Any],
    *,
    expression: str = "cron(0 3 ? * SUN *)",
    principal: str = "scheduler",
    source: str = _GROUP,
) -> None:
    """Create a schedule group, a role and a schedule."""
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": f"{principal}.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012", "aws:SourceArn": source}},
    }
    aws("scheduler").create_schedule_group(Name="registry")
    role = aws("iam").create_role(RoleName="registry", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    aws("scheduler").create_schedule(
        Name="registry",
        GroupName="registry",
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:scheduler:::aws-sdk:autoscaling:startInstanceRefresh", "RoleArn": role["Role"]["Arn"]},
    )


def test_schedule_is_created_if_its_role_trusts_its_group(aws: Callable[[str], Any]) -> None:
    create_schedule(aws)
    assert [schedule["Name"] for schedule in aws("scheduler").list_schedules()["Schedules"]] == ["registry"]


@pytest.mark.parametrize(
    "trust",
    [
        {"principal": "ec2"},
        {"source": _GROUP.replace("-group/registry", "/registry/registry")},
        {"source": f"{_GROUP}-2"},
    ],
    ids=["another service", "the schedule", "another group"],
)
def test_role_that_does_not_trust_the_group_is_refused(aws: Callable[[str], Any], trust: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        create_schedule(aws, **trust)


@pytest.mark.parametrize("expression", ["weekly", "cron(0 3 ? * SUN)", "rate(1 week)"])
def test_invalid_expression_is_refused(aws: Callable[[str], Any], expression: str) -> None:
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        create_schedule(aws, expression=expression)
