"""The registry's garbage collection: its effect on images that are pushed before, during and after it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from sandbox.random_image import MANIFEST_TYPE, Image, digest
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox.faulty_s3 import Fault, faulty_s3
from tests.sandbox.garbage_collect import COLLECTION_SECONDS, collect, collecting, wait_for_end
from tests.sandbox.helpers import now, run_documented
from tests.sandbox.replicas import ask_replica


@pytest.fixture
def client(registries: Sandbox) -> Iterator[RegistryClient]:
    with RegistryClient(Endpoint.of(registries)) as connected:
        yield connected


@pytest.fixture
def deleted(registries: Sandbox, client: RegistryClient) -> Image:
    """An image whose manifest was deleted, after every replica had served it."""
    image = Image.random(f"collected/{os.urandom(4).hex()}", "1", layer_bytes=1000)
    client.push(image)
    assert statuses(registries, image) == {200}
    assert ask_replica(registries, 0, "DELETE", _path(image, digest(image.manifest))).status == 202
    return image


def test_collected_image_can_be_pushed_again(
    registries: Sandbox, client: RegistryClient, deleted: Image, tmp_path: Path
) -> None:
    """With a cache of blob descriptors, the push would succeed and every pull fail (distribution#4569)."""
    collect(registries, tmp_path)
    client.push(deleted)
    assert statuses(registries, deleted) == {200}
    client.pull(deleted)


def test_image_pushed_during_a_collection_is_lost(
    registries: Sandbox, client: RegistryClient, deleted: Image, tmp_path: Path
) -> None:
    """The collection has listed the image's blobs as garbage, and the push uploads nothing that it still finds."""
    resumed = threading.Event()
    with (
        faulty_s3(registries.stack.api) as s3,
        s3.failing(Fault(held_until=resumed, deletions_only=True)),
        collecting(registries, tmp_path, s3=s3.api) as collection,
    ):
        wait_until(lambda: s3.faulty_requests > 0, "the collection's first deletion", seconds=COLLECTION_SECONDS)
        client.push(deleted)
        client.pull(deleted)
        resumed.set()
        wait_for_end(collection)
    with pytest.raises(RequestFailed, match="404"):
        client.pull(deleted)


def test_collection_during_a_push_makes_the_push_fail(
    registries: Sandbox, client: RegistryClient, tmp_path: Path
) -> None:
    image = Image.random(f"collected/{os.urandom(4).hex()}", "1", layer_bytes=1000)
    for blob in image.blobs:
        client.push_blob(image.repository, blob)
    collect(registries, tmp_path)
    with pytest.raises(RequestFailed, match="400"):
        client.push_manifest(image)


def test_collection_spares_tagged_images_and_can_be_undone(
    registries: Sandbox, client: RegistryClient, deleted: Image, tmp_path: Path
) -> None:
    kept = Image.random(deleted.repository, "kept", layer_bytes=1000)
    client.push(kept)
    since = now()
    collect(registries, tmp_path)
    client.pull(kept)
    with pytest.raises(RequestFailed, match="404"):
        client.pull_blob(deleted, deleted.blobs[-1])
    run_documented(registries, "restore-deleted", PREFIX="docker/registry/v2/", SINCE=since)
    client.push_manifest(deleted)
    client.pull(deleted)


def statuses(sandbox: Sandbox, image: Image) -> set[int]:
    """The statuses of each replica for the image's manifest."""
    path, headers = _path(image, image.tag), {"Accept": MANIFEST_TYPE}
    return {ask_replica(sandbox, each, "GET", path, headers=headers).status for each in range(len(sandbox.containers))}


def _path(image: Image, reference: str) -> str:
    return f"/v2/{image.repository}/manifests/{reference}"
