"""Gaps of moto's Step Functions: executions run, and call the operations of this AWS API."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import boto3
from botocore.model import ListShape, StringShape, StructureShape
from jsonpath_ng.ext.parser import parse
from moto.core.config import default_user_config
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.intrinsic.argument import argument
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (
    boolean_equals,
    numeric,
    string_operators,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval import states
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.responses import StepFunctionResponse

from sandbox.aws.patching import add, around, method_of

# Off by default. The state machines are then only stored.
default_user_config["stepfunctions"] = {"execute_state_machine": True}

# A state machine with this tag waits that many times faster, so that its executions can take less than seconds.
_SPEED_TAG = "sandbox:speed"

# The names of services in states, where they differ from those in boto3, and in the names of errors.
_IN_BOTO3 = {"elasticloadbalancingv2": "elbv2"}
_IN_ERRORS = {"elasticloadbalancingv2": "ElasticLoadBalancingV2", "ecs": "Ecs"}
# What makes a path indefinite: wildcards, deep scans, filters and slices.
_INDEFINITE = re.compile(r"\*|\.\.|\?\(|\[\d*:\d*\]")


def _value_at(path: str, data: Any) -> Any:
    """A definite path has one value, and any other a list, which may be empty. moto makes a list of some definite ones.

    Step Functions uses Jayway JsonPath ("Using JSONPath paths"): json-path/JsonPath, README, "What is Returned When?".
    """
    values = [match.value for match in parse(path).find(data)]
    if _INDEFINITE.search(path):
        return values
    if not values:
        raise json_path.NoSuchJsonPathError(json_path=path, data=data)
    return values[0]


for _module in (argument, boolean_equals, numeric, states, string_expression, string_operators):
    add(_module, "extract_json", _value_at)


@around(StateTaskServiceAwsSdk, "_eval_service_task")
def _call_this_api(
    _call: Callable[..., None],
    state: Any,
    env: Any,
    resource_runtime_part: Any,
    normalised_parameters: dict[str, Any],
    state_credentials: Any,
) -> None:
    """A state calls this AWS API, with its access key. moto calls port 5000, with a made-up one."""
    client = boto3.client(state._get_boto_service_name(), region_name=resource_runtime_part.region)
    method = state._get_boto_service_action()
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    answer = getattr(client, method)(**_cased(normalised_parameters, operation.input_shape, from_states=True))
    # A state's output is JSON: times are strings.
    text = json.dumps(_cased(answer, operation.output_shape, from_states=False), default=lambda time: time.isoformat())
    env.stack.append(json.loads(text))


def _cased(value: Any, shape: Any, *, from_states: bool) -> Any:
    """Rename parameters, whose names begin with an uppercase letter in states, and not in every API.

    Source: Step Functions Developer Guide, "Learning to use AWS service SDK integrations in Step Functions".
    """
    if isinstance(shape, StructureShape):
        members: Any = shape.members  # botocore's types lack the mapping
        names = {_capitalized(name): name for name in members}
        if from_states:
            return {names[name]: _cased(each, members[names[name]], from_states=True) for name, each in value.items()}
        return {
            name: _cased(value[member], members[member], from_states=False)
            for name, member in names.items()
            if member in value
        }
    if isinstance(shape, ListShape):
        member: Any = shape.member
        return [_cased(each, member, from_states=from_states) for each in value]
    if from_states and isinstance(shape, StringShape) and not isinstance(value, str):
        return json.dumps(value)  # such as the input of an execution
    return value


def _capitalized(name: str) -> str:
    return name[:1].upper() + name[1:]


@around(WaitFunction, "_wait_interval")
def _wait_faster(wait: Callable[..., None], function: Any, env: Any, wait_seconds: int) -> None:
    """moto waits for whole seconds, as AWS does."""
    machine = env.states.context_object.context_object_data["StateMachine"]["Id"]
    backend = stepfunctions_parser_backends[env.aws_execution_details.account][env.aws_execution_details.region]
    speed = backend.tagger.get_tag_dict_for_resource(machine).get(_SPEED_TAG)
    if speed is None:
        wait(function, env, wait_seconds)
    elif env.is_running():
        env.program_state_event.wait(wait_seconds / int(speed))  # set when the execution is stopped


@around(StateTaskService, "_get_boto_service_name")
def _name_in_boto3(name: Callable[..., str], state: Any, boto_service_name: str | None = None) -> str:
    found = name(state, boto_service_name)
    return _IN_BOTO3.get(found, found)


@around(StateTaskServiceAwsSdk, "_normalise_service_error_name")
def _name_in_errors(name: Callable[[str], str], service: str) -> str:
    """Source: Step Functions Developer Guide, "Learning to use AWS service SDK integrations in Step Functions"."""
    return _IN_ERRORS.get(service) or name(service)


@method_of(StepFunctionResponse)
def validate_state_machine_definition(response: Any) -> ActionResult:
    """moto lacks the operation. It parses the definition when the state machine is created."""
    return ActionResult({"result": "OK", "diagnostics": []})


@method_of(StepFunctionResponse)
def list_state_machine_versions(response: Any) -> ActionResult:
    """moto lacks the operation. Nothing publishes a version."""
    return ActionResult({"stateMachineVersions": []})
