"""Serve the images bucket of a CloudFormation stack, as in docs/migration.md. The tests build on each other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi import automation as auto

from tests.engine.commands import CommandOutput, preview_drift, run, run_failing
from tests.engine.configuring import configure, configured
from tests.engine.queries import AwsClients, ObjectVersion, object_versions
from tests.engine.stacks import ROOT, CreateStack

_BUCKET, _OLD_STACK = "old-images", "old-registry"
_TEMPLATE = {
    "Resources": {
        "StorageBucket": {
            "Type": "AWS::S3::Bucket",
            "DeletionPolicy": "Retain",
            "Properties": {"BucketName": _BUCKET, "AccessControl": "Private"},
        }
    }
}
_LINK = "docker/registry/v2/repositories/team/service/_manifests/tags/1/current/link"


@pytest.fixture(scope="module")
def old_images(aws: AwsClients) -> set[ObjectVersion]:
    """The objects in the bucket of the old registry."""
    aws("cloudformation").create_stack(StackName=_OLD_STACK, TemplateBody=json.dumps(_TEMPLATE))
    aws("s3").put_object(Bucket=_BUCKET, Key=_LINK, Body=b"sha256:" + b"0" * 64)
    return object_versions(aws, _BUCKET)


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack, old_images: set[ObjectVersion]) -> auto.Stack:
    stack = create_stack(ROOT, "dev")
    configure(stack, {"imagesBucket": _BUCKET, "forceDestroy": "true"})
    return stack


@pytest.fixture(scope="module")
def up(stack: auto.Stack) -> CommandOutput:
    return run(stack.up)


def test_missing_bucket_is_an_error_in_the_first_preview(stack: auto.Stack) -> None:
    with configured(stack, {"imagesBucket": "no-such-bucket"}):
        output = run_failing(stack.preview)
    assert "no-such-bucket" in output.text


def test_registry_serves_the_bucket_and_no_object_is_copied(
    stack: auto.Stack, up: CommandOutput, aws: AwsClients, old_images: set[ObjectVersion]
) -> None:
    assert up.changes["Bucket registry-images"] == "read"
    assert stack.outputs()["bucketName"].value == _BUCKET
    assert object_versions(aws, _BUCKET) == old_images
    assert aws("s3").get_bucket_versioning(Bucket=_BUCKET)["Status"] == "Enabled"


def test_bucket_outlives_the_old_stack(up: CommandOutput, aws: AwsClients, old_images: set[ObjectVersion]) -> None:
    aws("cloudformation").delete_stack(StackName=_OLD_STACK)
    assert object_versions(aws, _BUCKET) == old_images


def test_nothing_changes_afterwards(stack: auto.Stack, up: CommandOutput) -> None:
    assert run(stack.preview).changes == {"Bucket registry-images": "read"}
    assert preview_drift(stack) == {"Bucket registry-images": "read, refresh"}


def test_another_bucket_is_refused_in_the_preview(stack: auto.Stack, up: CommandOutput) -> None:
    with configured(stack, {"imagesBucket": ""}):
        output = run_failing(stack.preview)
    assert f"pulumi config set registry:imagesBucket {_BUCKET}" in "".join(output.errors)


def test_destroy_keeps_the_images_and_their_protection(
    stack: auto.Stack, up: CommandOutput, aws: AwsClients, old_images: set[ObjectVersion]
) -> None:
    run(stack.destroy)
    s3: Any = aws("s3")
    assert object_versions(aws, _BUCKET) == old_images
    assert s3.get_public_access_block(Bucket=_BUCKET)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=_BUCKET)["Policy"]
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [_BUCKET]
