"""Gaps of moto's Step Functions: the events of executions are logged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from moto.logs.exceptions import ResourceAlreadyExistsException
from moto.stepfunctions.parser.asl.eval.event.logging import CloudWatchLoggingConfiguration, CloudWatchLoggingSession
from moto.stepfunctions.parser.backend.execution import Execution

from sandbox.aws.patching import around

# What the details have without the data of the execution.
_DETAILS = ("name", "region", "resource", "resourceType", "roleArn")


@around(Execution, "__init__")
def _with_a_log(init: Callable[..., None], execution: Any, **kwargs: Any) -> None:
    """moto can log, and never does. By default, it is without the data (Step Functions API Reference)."""
    machine = kwargs["state_machine"]
    logging: Any = {"includeExecutionData": False, **(machine.loggingConfiguration or {})}
    configuration = CloudWatchLoggingConfiguration.from_logging_configuration(machine.arn, logging)
    session = configuration and CloudWatchLoggingSession(kwargs["exec_arn"], configuration)
    init(execution, **{**kwargs, "cloud_watch_logging_session": session})


@around(CloudWatchLoggingSession, "publish_history_log")
def _publish_a_line(_publish: Callable[..., None], session: Any, history_log: Mapping[str, Any]) -> None:
    """Write a line to a stream of the hour, as those that AWS writes. moto fails: it takes a text for a time.

    AWS documents neither. The lines in aws-samples/aws-batch-runtime-monitoring#21 and linz/geostore#2300 have this
    form: all values are texts, and the time is in milliseconds.
    """
    time = datetime.fromisoformat(history_log["event_timestamp"].replace("Z", "+00:00"))
    milliseconds = round(time.timestamp() * 1000)
    details = history_log.get("details") or {}
    line = {
        "details": {name: details[name] for name in _DETAILS if name in details},
        "redrive_count": "0",
        "id": history_log["id"],
        "type": history_log["type"],
        "previous_event_id": history_log["previous_event_id"],
        "event_timestamp": str(milliseconds),
        "execution_arn": history_log["execution_arn"],
    }
    logs, group = session._logs_client, session.configuration.log_group_name
    machine = session.configuration.state_machine_arn.rpartition(":")[2]
    stream = f"states/{machine}/{time:%Y-%m-%d-%H}/00000000"
    if group in logs.groups:  # AWS writes to a log group, but creates none ("Logs sent to CloudWatch Logs")
        with suppress(ResourceAlreadyExistsException):
            logs.create_log_stream(group, stream)
        logs.put_log_events(group, stream, [{"timestamp": milliseconds, "message": json.dumps(line)}])
