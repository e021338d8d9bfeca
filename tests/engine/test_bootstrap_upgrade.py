"""The bootstrap files of a stack that was made when they had another type. The tests stand in the order of its life."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.steps import changed, run

_FILES = ("domain.crt", "domain.key", "htpasswd")


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path) -> auto.Stack:
    """The program's stack, up, with files of the former type."""
    program = Path(__file__).parent / "programs" / "bootstrap_upgrade"
    selected = engine.create_stack(program, "test", api, folder / "test")
    run(selected.up)
    return selected


def test_upgrade_keeps_every_object_and_takes_its_tags(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    s3, bucket = aws("s3"), stack.outputs()["bucket"].value
    before = _versions(s3, bucket)
    assert all(_tags(s3, bucket, file) for file in _FILES)
    stack.set_config("former", auto.ConfigValue("false"))
    assert changed(run(stack.up)) == {f"BucketObjectv2 files-{file}": "update" for file in _FILES}
    assert _versions(s3, bucket) == before
    assert [_tags(s3, bucket, file) for file in _FILES] == [[]] * 3


def test_provider_may_have_more_default_tags_than_an_object_takes(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    s3, bucket = aws("s3"), stack.outputs()["bucket"].value
    stack.set_config("defaultTags", auto.ConfigValue("40"))
    stack.set_config("users", auto.ConfigValue("bob"))
    run(stack.up)
    assert [resource for resource in changed(run(stack.preview)) if resource.startswith("BucketObject")] == []
    assert s3.get_object(Bucket=bucket, Key="htpasswd")["Body"].read() == b"bob:hash\n"
    assert _tags(s3, bucket, "htpasswd") == []


def _versions(s3: Any, bucket: str) -> list[tuple[str, str]]:
    """Each version of each object, none of them deleted."""
    listed = s3.list_object_versions(Bucket=bucket)
    assert "DeleteMarkers" not in listed
    return [(version["Key"], version["VersionId"]) for version in listed["Versions"]]


def _tags(s3: Any, bucket: str, key: str) -> list[dict[str, str]]:
    return s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
