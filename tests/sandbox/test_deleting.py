"""A deletion through one replica applies to all replicas at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.collection.stored_images import objects
from sandbox.local import Sandbox
from sandbox.random_image import MANIFEST_TYPE, Image, digest
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.helpers import run_documented
from tests.sandbox.replicas import ask_replica, replicas, with_settings


@pytest.fixture
def image(registries: Sandbox) -> Image:
    """An image that every replica has served, so that a cache would contain it."""
    pushed = pushed_image(registries)
    for replica in range(len(registries.containers)):
        assert statuses(registries, replica, "GET", [*manifests(pushed), *blobs(pushed)]) <= {200, 307}
    return pushed


def pushed_image(sandbox: Sandbox) -> Image:
    pushed = Image.random(f"deleted/{os.urandom(4).hex()}", "1", layer_bytes=1000)
    with RegistryClient(Endpoint.of(sandbox)) as client:
        client.push(pushed)
    return pushed


def test_deletions_are_refused_by_default(each_sandbox: Sandbox, tmp_path: Path) -> None:
    """By tag too, which 3.0.0 to 3.1.0 accept (CVE-2026-41888)."""
    change = with_settings(REGISTRY_STORAGE_DELETE_ENABLED="false")
    with replicas(each_sandbox, tmp_path, change=change) as running:
        image = pushed_image(running)
        assert statuses(running, 0, "DELETE", [*manifests(image), *blobs(image)]) == {405}
        with RegistryClient(Endpoint.of(running)) as client:
            client.pull(image)


def test_deleted_image_is_refused_by_every_replica(registries: Sandbox, image: Image) -> None:
    with RegistryClient(Endpoint.of(registries)) as client:
        client.push(Image.random(image.repository, "kept", layer_bytes=1000))
    by_tag, by_digest = manifests(image)
    assert statuses(registries, 0, "DELETE", [by_digest, *blobs(image)]) == {202}
    for replica in range(len(registries.containers)):
        assert statuses(registries, replica, "GET", [by_tag, by_digest, *blobs(image)]) == {404}
        assert ask_replica(registries, replica, "GET", f"/v2/{image.repository}/tags/list").json()["tags"] == ["kept"]


def test_erased_layer_is_refused_and_can_be_pushed_again(registries: Sandbox, image: Image) -> None:
    layer = image.blobs[-1].digest
    run_documented(registries, "erase-layer", LAYER=layer)
    path = f"/v2/{image.repository}/blobs/{layer}"
    for replica in range(len(registries.containers)):
        assert statuses(registries, replica, "GET", [path]) == {404}
    assert not versions(registries, layer)
    with RegistryClient(Endpoint.of(registries)) as client:
        client.push(image)
        client.pull(image)


def test_bench_stores_what_a_push_and_a_deletion_leave(registries: Sandbox) -> None:
    """The measured garbage collections are of registries to which nobody pushed."""
    image = pushed_image(registries)
    assert stored(registries, image) == objects(image)
    _, by_digest = manifests(image)
    assert statuses(registries, 0, "DELETE", [by_digest]) == {202}
    assert stored(registries, image) == objects(image, deleted=True)


def manifests(image: Image) -> tuple[str, str]:
    """The paths of the manifest, by tag and by digest."""
    prefix = f"/v2/{image.repository}/manifests"
    return f"{prefix}/{image.tag}", f"{prefix}/{digest(image.manifest)}"


def blobs(image: Image) -> list[str]:
    """The paths of the config and the layers."""
    return [f"/v2/{image.repository}/blobs/{blob.digest}" for blob in image.blobs]


def statuses(sandbox: Sandbox, replica: int, method: str, paths: list[str]) -> set[int]:
    """The statuses of requests to a replica."""
    accept = {"Accept": MANIFEST_TYPE}
    return {ask_replica(sandbox, replica, method, path, headers=accept).status for path in paths}


def versions(sandbox: Sandbox, layer: str) -> list[object]:
    """The versions and delete markers of a layer in S3."""
    bucket = sandbox.stack.declaration.exports["bucketName"]
    prefix = f"docker/registry/v2/blobs/sha256/{layer[7:9]}/{layer[7:]}/"
    listed = sandbox.stack.aws("s3").list_object_versions(Bucket=bucket, Prefix=prefix)
    return [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]


def stored(sandbox: Sandbox, image: Image) -> dict[str, bytes]:
    """The objects in S3 of an image that is alone in its repository, by their keys."""
    bucket, s3 = sandbox.stack.declaration.exports["bucketName"], sandbox.stack.aws("s3")
    hexadecimals = [name[7:] for name in (digest(image.manifest), *(blob.digest for blob in image.blobs))]
    prefixes = (f"repositories/{image.repository}/", *(f"blobs/sha256/{each[:2]}/{each}/" for each in hexadecimals))
    listed = [s3.list_objects_v2(Bucket=bucket, Prefix=f"docker/registry/v2/{prefix}") for prefix in prefixes]
    keys = [each["Key"] for page in listed for each in page.get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
