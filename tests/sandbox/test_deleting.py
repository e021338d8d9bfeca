"""A deletion through one replica applies to all replicas at once."""

from __future__ import annotations

import os

import pytest

from sandbox.local import Sandbox
from sandbox.random_image import MANIFEST_TYPE, Image, digest
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.helpers import run_documented
from tests.sandbox.replicas import ask_replica


@pytest.fixture(params=["dev", "prod"], ids=["registry:2", "registry:3"])
def registries(request: pytest.FixtureRequest) -> Sandbox:
    """Two replicas of each major version."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def image(registries: Sandbox) -> Image:
    """An image that every replica has served, so that a cache would contain it."""
    pushed = Image.random(f"deleted/{os.urandom(4).hex()}", "1", layer_bytes=1000)
    with RegistryClient(Endpoint.of(registries)) as client:
        client.push(pushed)
    for replica in range(len(registries.containers)):
        assert statuses(registries, replica, "GET", [*manifests(pushed), *blobs(pushed)]) <= {200, 307}
    return pushed


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
