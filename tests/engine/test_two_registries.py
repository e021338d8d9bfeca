"""Two registries in one program do not conflict."""

from __future__ import annotations

import base64

import pytest

from sandbox.aws.emulator import AwsApi
from tests.engine.commands import run
from tests.engine.inventory import inventory
from tests.engine.queries import launch_template_data
from tests.engine.stacks import PROGRAMS, CreateStack, DeployedStack, deploy

_NAMES = ("images", "charts")


@pytest.fixture(scope="module")
def registries(create_stack: CreateStack, api: AwsApi, empty_account: set[str]) -> DeployedStack:
    """The deployed stack with both registries."""
    return deploy(create_stack(PROGRAMS / "two_registries", "test"), api)


def test_registries_share_no_resource(registries: DeployedStack) -> None:
    resources = registries.declaration.resources
    # The ID of an object in S3 is its key, which is the same in both buckets.
    s3_object = "aws:s3/bucketObjectv2:BucketObjectv2"
    ids = [f"{r.type} {r.id}" for r in resources if r.type.startswith("aws:") and r.type != s3_object]
    assert sorted(set(ids)) == sorted(ids)
    assert {resource.name.split("-")[0] for resource in resources} == set(_NAMES)


def test_registries_have_the_same_resources(registries: DeployedStack) -> None:
    images, charts = (
        sorted(
            (resource.type, resource.name.removeprefix(name))
            for resource in registries.declaration.resources
            if resource.name.startswith(name)
        )
        for name in _NAMES
    )
    assert images == charts


@pytest.mark.parametrize("name", _NAMES)
def test_instances_join_the_cluster_of_their_registry(registries: DeployedStack, name: str) -> None:
    template = registries.declaration.one("aws:ec2/launchTemplate:LaunchTemplate", f"{name}-instance").id
    script = base64.b64decode(launch_template_data(registries.aws, template)["UserData"]).decode()
    assert f"CLUSTER={registries.declaration.exports[name]['cluster']}\n" in script


def test_second_preview_has_no_changes(registries: DeployedStack) -> None:
    assert run(registries.stack.preview).changes == {}


def test_destroy_deletes_everything(registries: DeployedStack, empty_account: set[str]) -> None:
    run(registries.stack.destroy)
    assert inventory(registries.aws) == empty_account
