"""Calls that EventBridge Scheduler refuses."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.iam.models import iam_backends
from moto.scheduler.models import EventBridgeSchedulerBackend

from sandbox.aws.patching import refuses

_EXPRESSION = re.compile(r"cron\(\S+( \S+){5}\)|rate\(\d+ (minute|hour|day)s?\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)")


@refuses(EventBridgeSchedulerBackend, "create_schedule", "ValidationException")
def _invalid_expression(_backend: Any, schedule_expression: str) -> str | None:
    """Sources: EventBridge Scheduler API Reference, "CreateSchedule", ScheduleExpression; localstack#9284."""
    return None if _EXPRESSION.fullmatch(schedule_expression) else f"Invalid Schedule Expression {schedule_expression}."


@refuses(EventBridgeSchedulerBackend, "create_schedule", "ValidationException")
def _role_without_trust(backend: Any, group_name: str | None, target: dict[str, Any]) -> str | None:
    """Scheduler assumes the role at once, and names the schedule group as the source, not the schedule.

    Sources: EventBridge Scheduler User Guide, "Confused deputy prevention"; aws-cdk, packages/aws-cdk-lib/
    aws-scheduler-targets/lib/target.ts.
    """
    group, roles = backend.get_schedule_group(group_name), iam_backends[backend.account_id][backend.partition].roles
    documents = [
        json.loads(role.assume_role_policy_document) for role in roles.values() if role.arn == target["RoleArn"]
    ]
    source = {"aws:SourceAccount": backend.account_id, "aws:SourceArn": group.arn}
    if any(_trusts(statement, source) for document in documents for statement in document["Statement"]):
        return None
    return "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."


def _trusts(statement: dict[str, Any], source: dict[str, str]) -> bool:
    conditions = statement.get("Condition", {}).get("StringEquals", {})
    return statement["Principal"].get("Service") == "scheduler.amazonaws.com" and conditions.items() <= source.items()
