"""Destroy a protected stack as README's "Cleaning up" describes. The tests build on each other."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from sandbox.aws.emulator import AwsApi
from tests.engine.collecting import REPOSITORY, change_wait, start_collection
from tests.engine.commands import resource_label, run
from tests.engine.configuring import configure
from tests.engine.inventory import inventory
from tests.engine.queries import ObjectVersion, object_versions
from tests.engine.stacks import ROOT, CreateStack, DeployedStack, deploy

_BUCKETS = {f"Bucket registry-{name}" for name in ("images", "logs")}
_PROTECTED = {*_BUCKETS, "LoadBalancer registry-alb"}


@pytest.fixture(scope="module")
def prod(create_stack: CreateStack, api: AwsApi, empty_account: set[str]) -> DeployedStack:
    """A deployed prod stack, which no other file uses."""
    return deploy(create_stack(ROOT, "prod"), api)


@pytest.fixture(scope="module")
def bucket(prod: DeployedStack) -> str:
    return prod.declaration.exports["bucketName"]


@pytest.fixture(scope="module")
def images(prod: DeployedStack, bucket: str) -> set[ObjectVersion]:
    """The versions of an object that was overwritten, and of one that was deleted, in the images bucket."""
    s3 = prod.aws("s3")
    for key in ("docker/registry/v2/overwritten", "docker/registry/v2/deleted"):
        for body in (b"first", b"second"):
            s3.put_object(Bucket=bucket, Key=key, Body=body)
    s3.delete_object(Bucket=bucket, Key="docker/registry/v2/deleted")
    versions = object_versions(prod.aws, bucket)
    assert len(versions) == 5, "four versions and a delete marker"
    return versions


def test_destroy_is_refused_and_deletes_nothing(prod: DeployedStack, bucket: str, images: set[ObjectVersion]) -> None:
    before = inventory(prod.aws)

    # `pulumi destroy` starts with this preview. With --skip-preview it would delete every unprotected resource.
    with pytest.raises(auto.CommandError, match="protected"):
        run(prod.stack.destroy, preview_only=True)

    protected = {resource_label(resource.urn) for resource in prod.declaration.resources if resource.protect}
    assert protected == _PROTECTED
    assert inventory(prod.aws) == before
    assert object_versions(prod.aws, bucket) == images


def test_removing_the_protection_changes_nothing_else(
    prod: DeployedStack, bucket: str, images: set[ObjectVersion]
) -> None:
    configure(prod.stack, {"forceDestroy": "true", "deletionProtection": "false"})
    changes = run(prod.stack.up).changes

    # components/changes.py compares both options with the component's previous inputs.
    assert changes == dict.fromkeys((*_PROTECTED, "PrivateRegistry registry"), "update")
    assert object_versions(prod.aws, bucket) == images


def test_destroy_then_deletes_everything(
    prod: DeployedStack, bucket: str, images: set[ObjectVersion], empty_account: set[str]
) -> None:
    """Also in the middle of a garbage collection: AWS deletes its rule with the listener.

    It deletes the state machine when the execution makes its next transition, which may take five and a half minutes.
    """
    prod.aws("s3").put_object(Bucket=bucket, Key=REPOSITORY)
    change_wait(prod, 40)
    start_collection(prod)
    run(prod.stack.destroy)
    assert inventory(prod.aws) == empty_account
