"""Why tags are not immutable and repositories have no quota (docs/decisions), and how to find moved tags and sizes."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox.local import Sandbox
from sandbox.random_image import MANIFEST_TYPE, Image, digest
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox.faulty_s3 import FaultyS3, faulty_s3
from tests.sandbox.helpers import run_documented
from tests.sandbox.replicas import ask_replica, replicas


@pytest.fixture(scope="module")
def running(each_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, FaultyS3]]:
    """Two replicas of each major version, and their S3, which records what is written."""
    folder = tmp_path_factory.mktemp("replicas")
    with faulty_s3(each_sandbox.stack.api) as s3, replicas(each_sandbox, folder, s3=s3.api) as sandbox:
        yield sandbox, s3


@pytest.fixture
def registry(running: tuple[Sandbox, FaultyS3]) -> Sandbox:
    return running[0]


@pytest.fixture
def client(registry: Sandbox) -> Iterator[RegistryClient]:
    with RegistryClient(Endpoint.of(registry)) as connected:
        yield connected


@pytest.fixture
def image() -> Image:
    return Image.random(f"history/{os.urandom(4).hex()}", "1", layers=1, layer_bytes=10_000)


def test_tag_is_written_unconditionally(
    running: tuple[Sandbox, FaultyS3], client: RegistryClient, image: Image
) -> None:
    """So a bucket policy that requires If-None-Match for tags would refuse every push of a tag, also the first."""
    _, s3 = running
    client.push(image)
    key = f"/{image.repository}/_manifests/tags/{image.tag}/current/link"
    assert [conditional for path, conditional in s3.writes if path.endswith(key)] == [False]


def test_encoded_path_names_the_same_tag(registry: Sandbox, client: RegistryClient, image: Image) -> None:
    """So a listener rule for the path of a tag can be avoided, unless the load balancer decodes paths too."""
    client.push(image)
    other = Image(image.repository, image.tag, (*image.blobs, image.blobs[0]))
    path = f"/v2/{image.repository}/%6Danifests/%31"
    pushed = ask_replica(registry, 0, "PUT", path, other.manifest, {"Content-Type": MANIFEST_TYPE})
    assert pushed.status == 201
    assert client.digest(image.repository, image.tag) == digest(other.manifest)


def test_moved_tag_is_found(
    registry: Sandbox, client: RegistryClient, image: Image, capfd: pytest.CaptureFixture[str]
) -> None:
    other = Image.random(image.repository, image.tag, layers=1, layer_bytes=1000)
    for pushed in (image, image, Image(image.repository, "2", image.blobs)):
        client.push(pushed)
    assert documented(registry, "moved-tags", image, capfd) == ""
    client.push(other)
    assert documented(registry, "moved-tags", image, capfd) == f"{image}\n"


def test_size_of_a_repository_counts_mounted_layers(
    registry: Sandbox, client: RegistryClient, image: Image, capfd: pytest.CaptureFixture[str]
) -> None:
    """A mount adds a layer without an upload, so the bytes that clients send do not give a repository's size."""
    client.push(image)
    config, layer = image.blobs
    other = Image(f"{image.repository}/mounted", "1", image.blobs)
    mount = f"/v2/{other.repository}/blobs/uploads/?mount={layer.digest}&from={image.repository}"
    assert ask_replica(registry, 0, "POST", mount).status == 201
    sizes = documented(registry, "repository-sizes", image, capfd).splitlines()
    assert sizes == [
        f"{config.size + layer.size} {image.repository}",
        f"{layer.size} {other.repository}",
    ]


def documented(sandbox: Sandbox, name: str, image: Image, capfd: pytest.CaptureFixture[str]) -> str:
    """Run a documented command for the repositories that begin with the image's, and return what it prints."""
    capfd.readouterr()
    run_documented(sandbox, name, REPOSITORIES=image.repository)
    return capfd.readouterr().out
