"""Gaps of moto's Step Functions: a state machine is deleted when its executions have ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.models import StepFunctionBackend
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.responses import StepFunctionResponse

from sandbox.aws.patching import around

# The ARNs of the state machines that are being deleted.
_deleting: set[str] = set()


@around(StepFunctionBackend, "delete_state_machine")
def _delete_later(delete: Callable[..., None], backend: Any, arn: str) -> None:
    """Delete it when its executions have ended, at their next transition at the latest.

    Source: Step Functions API Reference, "DeleteStateMachine".
    """
    _deleting.add(arn)
    executions = [each for machine in backend.state_machines if machine.arn == arn for each in machine.executions]
    if all(execution.status != "RUNNING" for execution in executions):
        delete(backend, arn)
        _deleting.discard(arn)


@around(StepFunctionResponse, "_describe_state_machine")
def _with_the_status(describe: Callable[..., ActionResult], response: Any, arn: str) -> ActionResult:
    described: Any = describe(response, arn).result
    return ActionResult({**described, "status": "DELETING" if arn in _deleting else described["status"]})


@around(CommonStateField, "_eval_body")
def _end_at_the_transition(enter: Callable[..., None], state: Any, env: Any) -> None:
    if env.states.context_object.context_object_data["StateMachine"]["Id"] in _deleting:
        env.set_stop(stop_date=datetime.now(tz=timezone.utc), cause=None, error=None)
    else:
        enter(state, env)


@around(BaseExecutionWorkerCommunication, "terminated")
def _delete_now(terminate: Callable[..., None], communication: Any) -> None:
    terminate(communication)
    machine = communication.execution.state_machine
    if machine.arn in _deleting:
        machine.backend.delete_state_machine(machine.arn)
