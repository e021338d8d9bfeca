"""`pulumi preview` of a stack that does not exist yet: no error, and no value that only AWS can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.rpc import UNKNOWN

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation.project import evaluate_project
from tests.engine.conftest import ROOT
from tests.engine.steps import Run, done, errors, label, run

# What AWS, a random generator or a key's maker comes up with.
_MADE_UP = re.compile(
    r"\b(eipalloc|eni|fl|i|igw|lt|nat|rtb|rtbassoc|sg|sgr|subnet|vpc|vpce)-[0-9a-f]{8,17}\b"
    r"|:(cluster|loadbalancer|listener|log-group|parameter|role|server-certificate|targetgroup|task-definition)[:/]"
    r"|-----BEGIN|\$2[aby]\$"
)
_UNKNOWN = {
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
# serviceName is known once ECS runs what is declared: see components/service.py.
_UNKNOWN_EXPORTS = [
    *("RegistryELBDns", "caCertificate", "loginCommand", "passwords", "registryAddress", "registryUrl", "serviceName"),
]


@pytest.fixture(scope="module", params=["dev", "prod"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def preview(name: str, api: AwsApi, folder: Path) -> Run:
    return run(engine.create_stack(ROOT, name, api, folder / name).preview)


@pytest.fixture(scope="module")
def planned(preview: Run) -> dict[str, Any]:
    """Each resource's state as planned."""
    return {label(step.urn): step.new for _, step in done(preview)}


def test_it_creates_what_the_program_declares_without_an_error(name: str, preview: Run) -> None:
    declared = {label(resource.urn): "create" for resource in evaluate_project(ROOT, name).resources}
    steps = {label(step.urn): step.op for _, step in done(preview)}
    assert errors(preview) == []
    assert steps == {**declared, f"Stack registry-{name}": "create"}


def test_what_only_aws_can_tell_is_unknown(planned: dict[str, Any]) -> None:
    found = {
        resource: [key for key in keys if planned[resource].inputs[key] == UNKNOWN]
        for resource, keys in _UNKNOWN.items()
    }
    assert found == _UNKNOWN


def test_exports_that_wait_for_aws_are_unknown(name: str, planned: dict[str, Any]) -> None:
    exports = planned[f"Stack registry-{name}"].outputs
    assert [key for key in sorted(exports) if exports[key] == UNKNOWN] == _UNKNOWN_EXPORTS


def test_no_value_is_made_up(planned: dict[str, Any]) -> None:
    made_up = [
        f"{resource}: {text}"
        for resource, state in planned.items()
        for text in [state.id, *_texts(state.inputs), *_texts(state.outputs)]
        if _MADE_UP.search(text)
    ]
    assert made_up == []


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
