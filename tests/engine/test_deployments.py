"""Change the instance type and the image of one dev stack: instance refreshes, deployments and a rollback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi import automation as auto

from tests.engine.commands import run
from tests.engine.configuring import configure
from tests.engine.queries import (
    ObjectVersion,
    auto_scaling_group,
    instance_refreshes,
    launch_template_data,
    object_versions,
)
from tests.engine.stacks import DeployedStack


@pytest.fixture(scope="module", autouse=True)
def _long_refreshes() -> Iterator[None]:
    """Let an instance refresh be in progress until the next change, as in AWS."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("EMULATED_REFRESH_SECONDS", "3600")
        yield


@pytest.fixture(scope="module")
def images(dev: DeployedStack) -> set[ObjectVersion]:
    """Objects in the images bucket."""
    bucket = dev.declaration.exports["bucketName"]
    for name in ("one", "two", "three"):
        key = f"docker/registry/v2/blobs/{name}"
        dev.aws("s3").put_object(Bucket=bucket, Key=key, Body=name.encode() * 1000)
    versions = object_versions(dev.aws, bucket)
    assert len(versions) == 3
    return versions


def test_instance_type_change_starts_an_instance_refresh(dev: DeployedStack) -> None:
    group, refreshes = auto_scaling_group(dev.aws), instance_refreshes(dev.aws)

    configure(dev.stack, {"instanceType": "m7g.large"})
    changes = run(dev.stack.up).changes

    changed = auto_scaling_group(dev.aws)
    assert changes == {"LaunchTemplate registry-instance": "update", "Group registry-instances": "update"}
    assert changed["AutoScalingGroupName"] == group["AutoScalingGroupName"]
    assert int(changed["LaunchTemplate"]["Version"]) == int(group["LaunchTemplate"]["Version"]) + 1
    assert _statuses(dev) == ["InProgress", *["Cancelled"] * len(refreshes)]
    assert _launch_template(dev)["InstanceType"] == "m7g.large"


@pytest.mark.parametrize("image", ["registry:3", "registry:2"])
def test_image_change_deploys_new_tasks_on_the_same_instances(
    dev: DeployedStack, images: set[ObjectVersion], image: str
) -> None:
    refreshes, template = instance_refreshes(dev.aws), _launch_template(dev)

    configure(dev.stack, {"image": image})
    changes = run(dev.stack.up).changes

    # Task definitions are immutable: a change registers a new revision.
    assert changes == {"TaskDefinition registry-task": "replace", "Service registry-service": "update"}
    assert (instance_refreshes(dev.aws), _launch_template(dev)) == (refreshes, template)
    assert object_versions(dev.aws, dev.declaration.exports["bucketName"]) == images


def test_rolled_back_deployment_fails_and_revokes_no_permission(dev: DeployedStack) -> None:
    """The old tasks still need the permission to pull their image."""
    configure(dev.stack, {"image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:2"})
    run(dev.stack.up)
    configure(dev.stack, {"image": "registry:3-missing"})
    with pytest.raises(auto.CommandError, match=r"ECS rolled the service .* back"):
        run(dev.stack.up)

    iam = dev.aws("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"]]
    (role,) = [role for role in roles if role.startswith("registry-execution")]
    assert [name for name in iam.list_role_policies(RoleName=role)["PolicyNames"] if "image" in name]


def test_previous_image_repairs_a_rolled_back_deployment(dev: DeployedStack) -> None:
    configure(dev.stack, {"image": "registry:2"})
    run(dev.stack.up)
    assert run(dev.stack.preview).changes == {}


def _statuses(dev: DeployedStack) -> list[str]:
    """The statuses of the instance refreshes, newest first."""
    return [refresh["Status"] for refresh in instance_refreshes(dev.aws)]


def _launch_template(dev: DeployedStack) -> dict[str, Any]:
    return launch_template_data(dev.aws, auto_scaling_group(dev.aws)["LaunchTemplate"]["LaunchTemplateId"])
