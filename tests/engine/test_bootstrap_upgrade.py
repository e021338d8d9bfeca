"""Upgrade the bootstrap files of a stack from their former resource type. The tests build on each other."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import run
from tests.engine.queries import AwsClients, object_versions
from tests.engine.stacks import PROGRAMS, CreateStack

_FILES = ("domain.crt", "domain.key", "htpasswd")


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    """The deployed stack, its files being of the former type."""
    stack = create_stack(PROGRAMS / "bootstrap_upgrade", "test")
    run(stack.up)
    return stack


def test_upgrade_keeps_objects_and_removes_their_tags(stack: auto.Stack, aws: AwsClients) -> None:
    bucket = stack.outputs()["bucket"].value
    before = object_versions(aws, bucket)
    assert all(_tags(aws, bucket, file) for file in _FILES)

    stack.set_config("former", auto.ConfigValue("false"))
    changes = run(stack.up).changes

    assert changes == {f"BucketObjectv2 files-{file}": "update" for file in _FILES}
    assert object_versions(aws, bucket) == before
    assert all(version.etag for version in before), "there is a delete marker"
    assert [_tags(aws, bucket, file) for file in _FILES] == [[]] * 3


def test_provider_may_have_more_default_tags_than_an_object_can_have(stack: auto.Stack, aws: AwsClients) -> None:
    bucket = stack.outputs()["bucket"].value

    stack.set_config("defaultTags", auto.ConfigValue("40"))
    stack.set_config("users", auto.ConfigValue("bob"))
    run(stack.up)

    assert [resource for resource in run(stack.preview).changes if resource.startswith("BucketObject")] == []
    assert aws("s3").get_object(Bucket=bucket, Key="htpasswd")["Body"].read() == b"bob:hash\n"
    assert _tags(aws, bucket, "htpasswd") == []


def _tags(aws: AwsClients, bucket: str, key: str) -> list[dict[str, str]]:
    return aws("s3").get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
