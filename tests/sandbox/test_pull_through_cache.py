"""A pull-through cache of an upstream registry, with both major versions. Only version 3 may log in to the upstream."""

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
from tests.sandbox.replicas import replicas
from tests.sandbox.upstream_registry import UpstreamRegistry, upstream_registry

EXAMPLE, NAME = PROJECT / "examples" / "pull-through-cache", "library/hello:1"
LOGIN = ("alice", "made-up access token")


@dataclasses.dataclass(frozen=True)
class Cache:
    """A running cache with a logged-in client, and its upstream registry."""

    sandbox: Sandbox
    upstream: UpstreamRegistry
    image: Path
    bucket: str


@pytest.fixture(
    params=[("dev", "registry:2", None), ("prod", "registry:3", LOGIN)], ids=["2", "3, with a login"], scope="module"
)
def cache(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cache]:
    """A cache on the instances, and with the users, of another stack."""
    name, image, login = request.param
    base: Sandbox = request.getfixturevalue(name)
    folder = tmp_path_factory.mktemp("cache")
    oci_image.make(folder / "image", tag="1", layers=2, layer_bytes=100_000)
    overrides = {"pull-through-cache:image": image}
    if login:
        overrides |= {"pull-through-cache:upstreamUsername": login[0], "pull-through-cache:upstreamPassword": login[1]}
    declaration = evaluate_project(EXAMPLE, "dev", overrides=overrides)
    account.create_resources(declaration, base.stack.aws("s3"), base.stack.aws("ssm"))
    with upstream_registry(folder / "image", login) as upstream:

        def with_upstream(container: Container) -> Container:
            assert container.environment["REGISTRY_PROXY_REMOTEURL"] == "https://registry-1.docker.io"
            environment = {**container.environment, "REGISTRY_PROXY_REMOTEURL": upstream.url}
            return dataclasses.replace(container, environment=environment)

        with replicas(base, folder / "replicas", declaration=declaration, change=with_upstream) as sandbox:
            bucket = declaration.one("aws:s3/bucket:Bucket", "cache-images").outputs["bucket"]
            yield Cache(sandbox, upstream, folder / "image", bucket)


def pull(cache: Cache, folder: Path) -> dict[str, str]:
    """Pull the image into a folder, and return its digests."""
    done = cache.sandbox.client.pull(NAME, folder)
    assert done.returncode == 0, done.stderr
    return oci_image.digests(folder)


def test_cache_serves_the_image_of_the_upstream(cache: Cache, tmp_path: Path) -> None:
    assert pull(cache, tmp_path / "pulled") == oci_image.digests(cache.image)
    assert set(cache.upstream.token_users) == {cache.upstream.login[0] if cache.upstream.login else ""}


def test_cached_blobs_are_not_fetched_again(cache: Cache, tmp_path: Path) -> None:
    pull(cache, tmp_path / "first")
    blobs = len(oci_image.digests(cache.image)) - 2  # without the manifest, which is counted twice
    where = {"Bucket": cache.bucket, "Prefix": "docker/registry/v2/repositories/library/hello/_layers/"}
    s3 = cache.sandbox.stack.aws("s3")
    # The cache stores blobs after it has answered.
    wait_until(lambda: s3.list_objects_v2(**where)["KeyCount"] == blobs, "every blob in the bucket", seconds=20)
    before = len(cache.upstream.sent_blobs)
    for number in range(4):  # both replicas
        pull(cache, tmp_path / f"again-{number}")
    assert len(cache.upstream.sent_blobs) == before


def test_push_is_refused(cache: Cache) -> None:
    done = cache.sandbox.client.push(cache.image, "library/mine:1")
    assert done.returncode != 0
    assert "unsupported" in done.stderr


def test_pull_without_a_password_is_refused(cache: Cache, tmp_path: Path) -> None:
    done = cache.sandbox.client.pull(NAME, tmp_path / "refused", auth_file=tmp_path / "no-login.json")
    assert done.returncode != 0
    assert "authentication required" in done.stderr
