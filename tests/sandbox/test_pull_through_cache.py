"""A pull-through cache of an upstream registry, with both major versions. Only version 3 may log in to the upstream."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import oci_image
from sandbox.aws import account
from sandbox.ecs.agent import Container
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import PROJECT
from tests.sandbox.replicas import replicas
from tests.sandbox.upstream_registry import UpstreamRegistry, upstream_registry, with_tokens_elsewhere

EXAMPLE, NAME = PROJECT / "examples" / "pull-through-cache", "library/hello:1"
LOGIN = ("alice", "made-up access token")
# A stack with instances and users, the image, and the login.
_VERSION_2, _VERSION_3 = ("dev", "registry:2", None), ("prod", "registry:3", LOGIN)


@dataclasses.dataclass(frozen=True)
class Cache:
    """A running cache with a logged-in client, and its upstream registry."""

    sandbox: Sandbox
    upstream: UpstreamRegistry
    declaration: Declaration
    image: Path
    bucket: str


@contextmanager
def replicas_of(base: Sandbox, declaration: Declaration, upstream: UpstreamRegistry, folder: Path) -> Iterator[Sandbox]:
    """Run the declared cache on the instances of another stack, with an upstream on this machine."""

    def with_upstream(container: Container) -> Container:
        assert container.environment["REGISTRY_PROXY_REMOTEURL"] == "https://registry-1.docker.io"
        environment = {**container.environment, "REGISTRY_PROXY_REMOTEURL": upstream.url}
        return dataclasses.replace(container, environment=environment)

    with replicas(base, folder, declaration=declaration, change=with_upstream) as running:
        yield running


@pytest.fixture(params=[_VERSION_2, _VERSION_3], ids=["2", "3, with a login"], scope="module")
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
    account.create_resources(declaration, base.stack.aws)
    bucket = declaration.one("aws:s3/bucket:Bucket", "cache-images").outputs["bucket"]
    with (
        upstream_registry(folder / "image", login) as upstream,
        replicas_of(base, declaration, upstream, folder / "replicas") as sandbox,
    ):
        yield Cache(sandbox, upstream, declaration, folder / "image", bucket)


def pull(cache: Cache, folder: Path) -> dict[str, str]:
    """Pull the image into a folder, and return its digests."""
    done = cache.sandbox.client.pull(NAME, folder)
    assert done.returncode == 0, done.stderr
    return oci_image.digests(folder)


def test_cache_serves_the_image_of_the_upstream(cache: Cache, tmp_path: Path) -> None:
    assert pull(cache, tmp_path / "pulled") == oci_image.digests(cache.image)
    assert set(cache.upstream.token_users) == {cache.upstream.login[0] if cache.upstream.login else ""}


@pytest.mark.parametrize("cache", [_VERSION_3], ids=["3, with a login"], indirect=True)
def test_login_is_not_sent_to_another_host(cache: Cache, prod: Sandbox, tmp_path: Path) -> None:
    """An upstream names its token service. Before 3.1, any host got the login in this way (CVE-2026-33540)."""
    with (
        upstream_registry(cache.image, LOGIN) as hostile,
        with_tokens_elsewhere(hostile),
        replicas_of(prod, cache.declaration, hostile, tmp_path / "replicas") as sandbox,
    ):
        done = sandbox.client.pull("library/other:1", tmp_path / "refused")
    assert done.returncode != 0
    assert hostile.token_users == []


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
