"""A pull-through cache, of either major version, in front of a hub: what it fetches, keeps and refuses."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import oci_image
from sandbox.aws import account
from sandbox.ecs.agent import Container
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import PROJECT
from tests.sandbox.hub import Hub, hub
from tests.sandbox.replicas import replicas

EXAMPLE, NAME = PROJECT / "examples" / "pull-through-cache", "library/hello:1"
LOGIN = ("alice", "made-up access token")


@dataclasses.dataclass(frozen=True)
class Cache:
    """A cache that runs, logged in to, and the hub behind it."""

    sandbox: Sandbox
    hub: Hub
    image: Path
    bucket: str


@pytest.fixture(params=[("dev", "registry:2"), ("prod", "registry:3")], ids=["2", "3"], scope="module")
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    # Its users are those of the instances that it runs on.
    name, image = request.param
    base: Sandbox = request.getfixturevalue(name)
    folder = tmp_path_factory.mktemp("cache")
    oci_image.make(folder / "image", tag="1", layers=2, layer_bytes=100_000)
    overrides = {
        "pull-through-cache:image": image,
        "pull-through-cache:upstreamUsername": LOGIN[0],
        "pull-through-cache:upstreamPassword": LOGIN[1],
    }
    declaration = evaluate_project(EXAMPLE, "dev", overrides=overrides)
    account.create_resources(declaration, base.stack.aws("s3"), base.stack.aws("ssm"))
    with hub(folder / "image", user=LOGIN[0], password=LOGIN[1]) as running:

        def behind_it(container: Container) -> Container:
            assert container.environment["REGISTRY_PROXY_REMOTEURL"] == "https://registry-1.docker.io"
            here = {**container.environment, "REGISTRY_PROXY_REMOTEURL": running.url}
            return dataclasses.replace(container, environment=here)

        with replicas(base, folder / "replicas", declaration=declaration, change=behind_it) as sandbox:
            bucket = declaration.one("aws:s3/bucket:Bucket", "cache-images").outputs["bucket"]
            yield Cache(sandbox, running, folder / "image", bucket)


def pulled(cache: Cache, folder: Path) -> dict[str, str]:
    """Digests of what a client gets."""
    done = cache.sandbox.client.pull(NAME, folder)
    assert done.returncode == 0, done.stderr
    return oci_image.digests(folder)


def test_an_image_comes_through_it_by_the_hub_s_login(cache: Cache, tmp_path: Path) -> None:
    assert pulled(cache, tmp_path / "pulled") == oci_image.digests(cache.image)
    assert set(cache.hub.logins) == {LOGIN[0]}


def test_what_it_has_it_does_not_fetch_again(cache: Cache, tmp_path: Path) -> None:
    pulled(cache, tmp_path / "first")
    blobs = len(oci_image.digests(cache.image)) - 2  # the manifest is counted twice, and is no blob to a registry
    where = {"Bucket": cache.bucket, "Prefix": "docker/registry/v2/repositories/library/hello/_layers/"}
    s3 = cache.sandbox.stack.aws("s3")
    # It answers before it has stored.
    wait_until(lambda: s3.list_objects_v2(**where)["KeyCount"] == blobs, "every blob in the bucket", seconds=20)
    before = len(cache.hub.blobs)
    for number in range(4):  # both replicas
        pulled(cache, tmp_path / f"again-{number}")
    assert len(cache.hub.blobs) == before


def test_a_push_is_refused(cache: Cache) -> None:
    done = cache.sandbox.client.push(cache.image, "library/mine:1")
    assert done.returncode != 0
    assert "unsupported" in done.stderr


def test_nobody_pulls_without_a_password(cache: Cache, tmp_path: Path) -> None:
    done = cache.sandbox.client.pull(NAME, tmp_path / "refused", auth_file=tmp_path / "nobody.json")
    assert done.returncode != 0
    assert "authentication required" in done.stderr
