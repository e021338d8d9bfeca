"""Destroy a protected stack as README's "Cleaning up" describes. The tests build on each other."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import run
from tests.engine.configuring import configure
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients, ObjectVersion, object_versions
from tests.engine.stacks import ROOT, CreateStack

_PROTECTED = ("Bucket registry-images", "Bucket registry-logs", "LoadBalancer registry-alb")


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack, empty_account: set[str]) -> auto.Stack:
    """A deployed prod stack: its buckets and its load balancer are protected."""
    stack = create_stack(ROOT, "prod")
    run(stack.up)
    return stack


@pytest.fixture(scope="module")
def bucket(stack: auto.Stack) -> str:
    return stack.outputs()["bucketName"].value


@pytest.fixture(scope="module")
def images(bucket: str, aws: AwsClients) -> set[ObjectVersion]:
    """The versions of an object that was overwritten, and of one that was deleted, in the images bucket."""
    s3 = aws("s3")
    for key in ("docker/registry/v2/overwritten", "docker/registry/v2/deleted"):
        for body in (b"first", b"second"):
            s3.put_object(Bucket=bucket, Key=key, Body=body)
    s3.delete_object(Bucket=bucket, Key="docker/registry/v2/deleted")
    versions = object_versions(aws, bucket)
    assert len(versions) == 5, "four versions and a delete marker"
    return versions


def test_destroy_is_refused_and_deletes_nothing(
    stack: auto.Stack, bucket: str, images: set[ObjectVersion], aws: AwsClients
) -> None:
    before = inventory(aws)

    # `pulumi destroy` starts with this preview.
    with pytest.raises(auto.CommandError, match="protected"):
        run(stack.destroy, preview_only=True)

    assert inventory(aws) == before
    assert object_versions(aws, bucket) == images


def test_removing_the_protection_changes_nothing_else(
    stack: auto.Stack, bucket: str, images: set[ObjectVersion], aws: AwsClients
) -> None:
    configure(stack, {"forceDestroy": "true", "deletionProtection": "false"})
    changes = run(stack.up).changes

    # components/changes.py compares deletionProtection with the component's previous inputs.
    assert changes == dict.fromkeys((*_PROTECTED, "PrivateRegistry registry"), "update")
    assert object_versions(aws, bucket) == images


def test_destroy_then_deletes_everything(
    stack: auto.Stack, images: set[ObjectVersion], aws: AwsClients, empty_account: set[str]
) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty_account
