"""Deploy, preview, refresh and destroy the dev stack. The tests build on each other."""

from __future__ import annotations

import itertools
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto
from pulumi.runtime.rpc import UNKNOWN

from sandbox.aws.api_calls import logged_refusals
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.project import evaluate_project, stack_config
from tests.engine.commands import CommandOutput, encrypted_state, resource_label, run, stack_declaration
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients
from tests.engine.stacks import ROOT, CreateStack

# AWS refuses to delete a resource that is in use: each of these must wait for the one before it.
_DESTROY_ORDER = (
    "Service registry-service",
    "ClusterCapacityProviders registry-capacity",
    "CapacityProvider registry-capacity",
    "Group registry-instances",
    "LaunchTemplate registry-instance",
    "Cluster registry-cluster",
)


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    return create_stack(ROOT, "dev")


@pytest.fixture(scope="module")
def up(stack: auto.Stack, empty_account: set[str]) -> CommandOutput:
    return run(stack.up)


@pytest.fixture(scope="module")
def deployed(stack: auto.Stack, up: CommandOutput) -> Declaration:
    """The resources and outputs in the stack's state."""
    return stack_declaration(stack)


@pytest.fixture(scope="module")
def destroy(stack: auto.Stack, up: CommandOutput) -> CommandOutput:
    return run(stack.destroy)


def test_second_preview_has_no_changes(stack: auto.Stack, up: CommandOutput) -> None:
    assert run(stack.preview).changes == {}


def test_refresh_finds_no_drift(stack: auto.Stack, up: CommandOutput) -> None:
    assert run(stack.refresh).changes == {}


def test_engine_and_evaluation_yield_the_same_resources(deployed: Declaration) -> None:
    evaluated = evaluate_project(ROOT, "dev")
    assert _described(deployed) == _described(evaluated)
    assert deployed.exports.keys() == evaluated.exports.keys()
    assert deployed.secret_exports == evaluated.secret_exports


def test_engine_and_evaluation_yield_the_same_known_inputs(deployed: Declaration) -> None:
    config = stack_config(ROOT, "dev").values
    # A preview leaves computed inputs unknown.
    planned = evaluate(lambda: runpy.run_path(str(ROOT), run_name="__main__"), config=config, preview=True)
    inputs = {resource.urn: resource.inputs for resource in deployed.resources}
    different = [resource_label(r.urn) for r in planned.resources if not _matches(r.inputs, inputs[r.urn])]
    assert different == []


def test_state_and_output_contain_no_plaintext_secret(
    stack: auto.Stack, up: CommandOutput, deployed: Declaration
) -> None:
    secrets = set(_secrets(deployed))
    texts = {"state": encrypted_state(stack), "output": up.text}
    with_secret = [place for place, text in texts.items() if any(secret in text for secret in secrets)]
    with_pattern = [place for place, text in texts.items() if re.search(r"PRIVATE KEY-----|\$2[aby]\$\d\d\$", text)]
    count = len(secrets)
    assert count >= 5, "two keys, a password, its hash, the HTTP secret"
    assert with_secret == []
    assert with_pattern == []


def test_destroy_deletes_users_of_a_resource_before_it(destroy: CommandOutput) -> None:
    started = {step.resource: step.position for step in destroy.started_steps}
    completed = {step.resource: step.position for step in destroy.completed_steps}
    too_early = [
        f"{second} started before {first} completed"
        for first, second in itertools.pairwise(_DESTROY_ORDER)
        if started[second] < completed[first]
    ]
    assert too_early == []


def test_aws_refuses_no_deletion(destroy: CommandOutput, api_log: Path) -> None:
    """The provider retries a refused deletion for up to 20 minutes: a wrong order could be slow and succeed."""
    # The provider polls a deleted resource until it gets a NotFound error.
    assert [refusal for refusal in logged_refusals(api_log) if "NotFound" not in refusal] == []


def test_destroy_deletes_everything(
    destroy: CommandOutput, stack: auto.Stack, aws: AwsClients, empty_account: set[str]
) -> None:
    assert stack_declaration(stack).resources == ()
    assert inventory(aws) == empty_account


def _described(declaration: Declaration) -> dict[str, Any]:
    return {
        resource.urn: (
            resource.type,
            resource.name,
            resource.parent,
            sorted(resource.inputs),
            resource.secret_inputs,
            resource.custom,
            resource.protect,
            resource.retain_on_delete,
            resource.ignore_changes,
        )
        for resource in declaration.resources
    }


def _matches(planned: Any, deployed: Any) -> bool:
    """Whether a planned value equals the deployed one, where it is known."""
    if planned == UNKNOWN:
        return True
    if isinstance(planned, dict) and isinstance(deployed, dict):
        return planned.keys() == deployed.keys() and all(_matches(planned[key], deployed[key]) for key in planned)
    if isinstance(planned, list) and isinstance(deployed, list):
        return len(planned) == len(deployed) and all(map(_matches, planned, deployed))
    return planned == deployed


def _secrets(declaration: Declaration) -> Iterator[str]:
    """The secret values, as plain text and as escaped in JSON. The salts are left out: every hash contains one."""
    for resource in declaration.resources:
        if resource.type == "random:index/randomBytes:RandomBytes":
            continue
        for properties, keys in (
            (resource.inputs, resource.secret_inputs),
            (resource.outputs, resource.secret_outputs),
        ):
            for text in (str(properties[key]) for key in keys):
                yield from (text, json.dumps(text)[1:-1])
