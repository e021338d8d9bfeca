"""Two registries in one program: neither gets in the other's way."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation import stack_state
from sandbox.evaluation.declared import Declaration
from tests.engine.inventory import inventory
from tests.engine.steps import changed, run

_NAMES = ("images", "charts")


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path, empty: set[str]) -> auto.Stack:
    """The program's stack, up."""
    selected = engine.create_stack(Path(__file__).parent / "programs" / "two_registries", "test", api, folder / "test")
    run(selected.up)
    return selected


@pytest.fixture(scope="module")
def declaration(stack: auto.Stack) -> Declaration:
    return stack_state.declaration(stack.export_stack().deployment)


def test_they_share_no_name(declaration: Declaration) -> None:
    # An object's id is its key, and there is a bucket for each registry.
    of_a_bucket = "aws:s3/bucketObjectv2:BucketObjectv2"
    ids = [f"{r.type} {r.id}" for r in declaration.resources if r.type.startswith("aws:") and r.type != of_a_bucket]
    assert sorted(set(ids)) == sorted(ids)
    assert {resource.name.split("-")[0] for resource in declaration.resources} == set(_NAMES)


def test_they_are_of_the_same_parts(declaration: Declaration) -> None:
    parts = {
        name: sorted(
            (resource.type, resource.name.removeprefix(name))
            for resource in declaration.resources
            if resource.name.startswith(name)
        )
        for name in _NAMES
    }
    assert parts["images"] == parts["charts"]


@pytest.mark.parametrize("name", _NAMES)
def test_instances_join_their_own_cluster(declaration: Declaration, aws: Callable[[str], Any], name: str) -> None:
    [version] = aws("ec2").describe_launch_template_versions(
        LaunchTemplateId=declaration.one("aws:ec2/launchTemplate:LaunchTemplate", f"{name}-instance").id,
        Versions=["$Latest"],
    )["LaunchTemplateVersions"]
    script = base64.b64decode(version["LaunchTemplateData"]["UserData"]).decode()
    assert f"CLUSTER={declaration.exports[name]['cluster']}\n" in script


def test_second_preview_expects_no_change(stack: auto.Stack) -> None:
    assert changed(run(stack.preview)) == {}


def test_destroy_leaves_nothing(stack: auto.Stack, aws: Callable[[str], Any], empty: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty
