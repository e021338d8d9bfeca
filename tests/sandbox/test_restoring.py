"""Deleted or overwritten images are restored from their versions in S3, by commands of docs/operations.md."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox.helpers import now, run_documented

_REPOSITORIES = "docker/registry/v2/repositories"


@pytest.fixture
def image(dev: Sandbox) -> Image:
    """An image in the registry."""
    pushed = Image.random("restore/" + os.urandom(4).hex(), "1", layers=1, layer_bytes=1000)
    with RegistryClient(Endpoint.of(dev)) as client:
        client.push(pushed)
    return pushed


def pull(sandbox: Sandbox, image: Image) -> None:
    """Pull an image, and verify its digests."""
    with RegistryClient(Endpoint.of(sandbox)) as client:
        client.pull(image)


def delete_by_client(sandbox: Sandbox, image: Image) -> None:
    """Delete an image like a user of skopeo."""
    assert sandbox.client.login(sandbox.user, sandbox.password).returncode == 0
    assert sandbox.client.delete(str(image)).returncode == 0


def delete_in_s3(sandbox: Sandbox, image: Image) -> None:
    """Delete the objects of an image's repository."""
    s3, bucket = sandbox.stack.aws("s3"), sandbox.stack.declaration.exports["bucketName"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{_REPOSITORIES}/{image.repository}/")
    for object_ in listed["Contents"]:
        s3.delete_object(Bucket=bucket, Key=object_["Key"])


@pytest.mark.parametrize("delete", [delete_by_client, delete_in_s3])
def test_deleted_image_is_restored(dev: Sandbox, image: Image, delete: Callable[[Sandbox, Image], None]) -> None:
    since = now()
    delete(dev, image)
    with pytest.raises(RequestFailed, match="404"):
        pull(dev, image)
    run_documented(dev, "restore-deleted", PREFIX=f"{_REPOSITORIES}/{image.repository}/", SINCE=since)
    pull(dev, image)
    assert not uploads(dev, image)


def test_overwritten_tag_is_restored(dev: Sandbox, image: Image) -> None:
    since = now()
    other = Image.random(image.repository, image.tag, layer_bytes=1000)
    with RegistryClient(Endpoint.of(dev)) as client:
        client.push(other)
    pull(dev, other)
    key = f"{_REPOSITORIES}/{image.repository}/_manifests/tags/{image.tag}/current/link"
    run_documented(dev, "restore-overwritten", KEY=key, SINCE=since)
    pull(dev, image)


def uploads(sandbox: Sandbox, image: Image) -> list[dict[str, Any]]:
    """The objects of completed uploads."""
    bucket = sandbox.stack.declaration.exports["bucketName"]
    prefix = f"{_REPOSITORIES}/{image.repository}/_uploads/"
    return sandbox.stack.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
