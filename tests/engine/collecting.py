"""Garbage collections of a deployed stack, in the emulated AWS API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.machine.processes import wait_until
from tests.engine.stacks import DeployedStack

# In the images bucket: in a registry without a repository, a collection ends at once.
REPOSITORY = "docker/registry/v2/repositories/team/app/_layers/link"


def state_machine(stack: DeployedStack, suffix: str = "") -> str:
    """The ARN of the collection's state machine, or with "-watcher", of the watcher's."""
    return stack.declaration.one("aws:sfn/stateMachine:StateMachine", f"registry-collection{suffix}").outputs["arn"]


def change_wait(stack: DeployedStack, seconds: int) -> None:
    """Change by hand how long a collection lets requests end."""
    states, arn = stack.aws("stepfunctions"), state_machine(stack)
    definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"])
    definition["States"]["Let requests end"]["Seconds"] = seconds
    states.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))


def start_collection(stack: DeployedStack) -> str:
    """Start a collection, wait until pushes are refused, and return the ARN of its execution."""
    started = stack.aws("stepfunctions").start_execution(stateMachineArn=state_machine(stack))
    wait_until(lambda: len(refusals(stack)) == 1, "the refusal of pushes", seconds=20)
    return started["executionArn"]


def refusals(stack: DeployedStack) -> list[Mapping[str, Any]]:
    """The listener's rules that refuse pushes."""
    listener = stack.declaration.one("aws:lb/listener:Listener").outputs["arn"]
    rules = stack.aws("elbv2").describe_rules(ListenerArn=listener)["Rules"]
    return [rule for rule in rules if not rule["IsDefault"]]
