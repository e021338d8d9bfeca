"""Calls that AWS Step Functions refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.iam.models import iam_backends
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from sandbox.aws.patching import refuses

_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}


@refuses(StepFunctionsParserBackend, "create_state_machine", "InvalidLoggingConfiguration")
def _log_group_without_streams(_backend: Any, loggingConfiguration: Mapping[str, Any] | None) -> str | None:
    """Source: hashicorp/terraform-provider-aws#17683."""
    return (
        "Invalid Logging Configuration: Log Group ARN must be provided with '*' qualifier."
        if any(not arn.endswith(":*") for arn in _log_groups(loggingConfiguration))
        else None
    )


@refuses(StepFunctionsParserBackend, "create_state_machine", "AccessDeniedException")
def _role_without_log_delivery(
    backend: Any, roleArn: str, loggingConfiguration: Mapping[str, Any] | None
) -> str | None:
    """The role needs its permissions when the state machine is created.

    Source: AWS Step Functions Developer Guide, "Using CloudWatch Logs to log execution history in Step Functions"; for
    the message, aws/aws-cdk#26432.
    """
    if not _log_groups(loggingConfiguration):
        return None
    roles = iam_backends[backend.account_id][backend.partition].roles.values()
    documents = [text for role in roles if role.arn == roleArn for text in role.policies.values()]
    allowed = {
        action
        for text in documents
        for statement in json.loads(text)["Statement"]
        if statement["Resource"] in ("*", ["*"])
        for action in statement["Action"]
    }
    return (
        None if allowed >= _DELIVERY else "The state machine IAM Role is not authorized to access the Log Destination"
    )


def _log_groups(configuration: Mapping[str, Any] | None) -> list[str]:
    destinations = (configuration or {}).get("destinations") or ()
    return [each["cloudWatchLogsLogGroup"]["logGroupArn"] for each in destinations]
