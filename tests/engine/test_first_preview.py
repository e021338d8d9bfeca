"""`pulumi preview` of a stack that is not deployed yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from sandbox.evaluation.project import evaluate_project
from tests.engine.commands import CommandOutput, resource_label, run
from tests.engine.stacks import ROOT, CreateStack

# Values that AWS, a random generator or a key generator chooses.
_GENERATED = re.compile(
    r"\b(eipalloc|eni|fl|i|igw|lt|nat|rtb|rtbassoc|sg|sgr|subnet|vpc|vpce)-[0-9a-f]{8,17}\b"
    r"|:(cluster|loadbalancer|listener|log-group|parameter|role|server-certificate|targetgroup|task-definition)[:/]"
    r"|-----BEGIN|\$2[aby]\$"
)
_UNKNOWN_INPUTS = {
    "ServerCertificate registry-certificate": ["certificateBody", "privateKey"],
    "BucketObjectv2 registry-bootstrap-htpasswd": ["content"],
    "BucketObjectv2 registry-bootstrap-domain.key": ["content"],
    "BucketPolicy registry-images": ["policy"],
    "RolePolicy registry-instance-bootstrap": ["policy"],
    "Parameter registry-http-secret": ["value"],
    "Listener registry-https": ["certificateArn", "loadBalancerArn"],
    "TaskDefinition registry-task": ["containerDefinitions", "executionRoleArn", "taskRoleArn"],
    "Service registry-service": ["cluster", "taskDefinition"],
}
# serviceName is known after the deployment of the service: see components/service.py.
_UNKNOWN_OUTPUTS = {
    *("RegistryELBDns", "caCertificate", "loginCommand", "passwords", "registryAddress", "registryUrl", "serviceName"),
}


@pytest.fixture(scope="module", params=["dev", "prod"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def preview(name: str, create_stack: CreateStack) -> CommandOutput:
    return run(create_stack(ROOT, name).preview)


@pytest.fixture(scope="module")
def planned(preview: CommandOutput) -> dict[str, Any]:
    """The planned state of each resource."""
    return {step.resource: step.new_state for step in preview.completed_steps}


def test_preview_creates_what_the_program_declares(name: str, preview: CommandOutput) -> None:
    evaluated = evaluate_project(ROOT, name, overrides={"registry:replicaRegion": ""})  # as `stacks.create` has it
    declared = {resource_label(resource.urn): "create" for resource in evaluated.resources}
    operations = {step.resource: step.operation for step in preview.completed_steps}
    assert preview.errors == []
    assert operations == {**declared, f"Stack registry-{name}": "create"}


def test_preview_warns_once_about_an_unmaintained_image(name: str, preview: CommandOutput) -> None:
    warnings = [warning.strip() for warning in preview.warnings if "registry:image" in warning]
    commands = [warning.rpartition("To move to version 3: ")[2] for warning in warnings]
    assert commands == {"dev": ["pulumi config set registry:image registry:3"], "prod": []}[name]


def test_inputs_that_depend_on_generated_values_are_unknown(planned: dict[str, Any]) -> None:
    unknown = {
        resource: [key for key in keys if planned[resource].inputs[key] == UNKNOWN]
        for resource, keys in _UNKNOWN_INPUTS.items()
    }
    assert unknown == _UNKNOWN_INPUTS


def test_outputs_that_depend_on_generated_values_are_unknown(name: str, planned: dict[str, Any]) -> None:
    outputs = planned[f"Stack registry-{name}"].outputs
    only_prod = {"alarmTopicArn", "garbageCollectionArn"} if name == "prod" else set[str]()
    assert {key for key in outputs if outputs[key] == UNKNOWN} == {*_UNKNOWN_OUTPUTS, *only_prod}


def test_preview_contains_no_generated_values(planned: dict[str, Any]) -> None:
    generated = [
        f"{resource}: {text}"
        for resource, state in planned.items()
        for text in [state.id, *_texts(state.inputs), *_texts(state.outputs)]
        if _GENERATED.search(text)
    ]
    assert generated == []


def _texts(value: Any) -> Iterator[str]:
    """All strings in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
