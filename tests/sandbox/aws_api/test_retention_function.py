"""Retention in the emulated AWS API: races with pushes, the log, and ECS."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.retention_function.clients import Clients
from components.retention_function.deletion import Outcome, delete, restore_needed
from components.retention_function.handler import Settings, handle, run
from components.retention_function.images import Repository
from components.retention_function.pulls import PullLog
from components.retention_function.rules import Rule, to_json
from components.retention_function.running import ImageName, running_images
from components.retention_function.storage import Storage
from sandbox.aws.emulator import AwsApi
from sandbox.random_image import digest

_BUCKET, _REPOSITORY = "images", "team/app"
_ROOT = "docker/registry/v2"
# Nothing is kept that was not pushed within a day.
_SETTINGS = Settings(
    rules=[Rule(repositories=["*"])],
    apply=True,
    images_bucket=_BUCKET,
    reports_bucket=_BUCKET,
    log_group="registry",
)


class Registry:
    """A repository in S3, to which manifests are pushed as the registry does."""

    def __init__(self, s3: Any) -> None:
        self.s3, self.storage = s3, Storage(s3, _BUCKET)
        s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

    def push(self, name: str, tag: str | None = None, parts: tuple[str, ...] = ()) -> str:
        document = {"config": {"digest": digest(name.encode()), "size": 1}}
        if parts:
            document = {"manifests": [{"digest": part, "size": 1} for part in parts]}
        content = json.dumps(document).encode()
        pushed = digest(content)
        self._put(f"blobs/sha256/{pushed[7:9]}/{pushed[7:]}/data", content)
        manifests = f"repositories/{_REPOSITORY}/_manifests"
        self._put(f"{manifests}/revisions/sha256/{pushed[7:]}/link", pushed.encode())
        if tag:
            self._put(f"{manifests}/tags/{tag}/index/sha256/{pushed[7:]}/link", pushed.encode())
            self._put(f"{manifests}/tags/{tag}/current/link", pushed.encode())
        return pushed

    def read(self) -> Repository:
        [repository] = self.storage.repositories(_REPOSITORY)
        return repository

    def _put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=_BUCKET, Key=f"{_ROOT}/{key}", Body=content)


@pytest.fixture
def registry(aws: Callable[[str], Any]) -> Registry:
    return Registry(aws("s3"))


def test_tag_that_moves_during_a_deletion_stays(registry: Registry) -> None:
    """S3 checks the content of a tag's link when it deletes it, so nothing can come in between."""
    old = registry.push("old", "latest")
    read = registry.read()
    moved: list[str] = []

    def move(request: Any, **_: Any) -> None:
        if request.url.endswith("/tags/latest/current/link") and not moved:
            moved.append(registry.push("new", "latest"))

    registry.s3.meta.events.register("before-send.s3.DeleteObject", move)
    assert registry.storage.delete(read, old)
    assert registry.read().tags["latest"].digest == moved[0]
    assert registry.read().manifests.keys() == {*moved}


def test_tag_that_moved_before_a_deletion_keeps_its_history(registry: Registry) -> None:
    old = registry.push("old", "latest")
    read = registry.read()
    new = registry.push("new", "latest")
    assert registry.storage.delete(read, old)
    assert registry.read().tags["latest"].history.keys() == {old, new}


def test_index_that_was_pushed_again_keeps_its_parts(registry: Registry) -> None:
    parts = registry.push("amd64"), registry.push("arm64")
    index = registry.push("index", "latest", parts)
    read = pushed_earlier(registry.read(), index)  # than it is now: somebody pushed it after it was read
    assert deleted(registry, read, {index, *parts}) == set()
    assert registry.read() == pushed_earlier(read, index, seconds=-1)


def test_index_that_is_pushed_during_a_deletion_gets_its_parts_back(registry: Registry) -> None:
    """The registry found the parts when it checked the index, and they were deleted before it was written."""
    parts = {registry.push("amd64", "latest"), registry.push("arm64")}
    read = registry.read()
    assert deleted(registry, read, parts) == parts
    index = registry.push("index", "latest", tuple(parts))
    assert restore_needed(registry.storage, read, parts) == Outcome(restored=frozenset(parts))
    assert registry.read().manifests.keys() == {index, *parts}
    assert registry.read().tags["latest"].digest == index


def test_image_that_is_tagged_during_a_deletion_is_put_back_with_its_tags(registry: Registry) -> None:
    image = registry.push("image", "1")
    read = registry.read()
    assert deleted(registry, read, {image}) == {image}
    registry.push("image", "2")
    registry.s3.delete_object(
        Bucket=_BUCKET, Key=f"{_ROOT}/repositories/{_REPOSITORY}/_manifests/revisions/sha256/{image[7:]}/link"
    )
    assert restore_needed(registry.storage, read, {image}).restored == {image}
    assert {tag: each.digest for tag, each in registry.read().tags.items()} == {"1": image, "2": image}


def test_nothing_is_put_back_that_nobody_needs(registry: Registry) -> None:
    image = registry.push("image", "1")
    read = registry.read()
    assert deleted(registry, read, {image}) == {image}
    assert restore_needed(registry.storage, read, {image}) == Outcome(deleted=frozenset({image}))
    assert registry.storage.repositories(_REPOSITORY) == []


def test_deletion_ends_when_there_is_no_time(registry: Registry) -> None:
    parts = {registry.push("amd64"), registry.push("arm64")}
    index = registry.push("index", "latest", tuple(parts))
    times = iter([True, False, False])
    assert deleted(registry, registry.read(), {index, *parts}, lambda: next(times)) == {index}
    assert registry.read().manifests.keys() == parts


def test_manifest_without_content_makes_its_repository_unreadable(registry: Registry) -> None:
    image = registry.push("image", "1")
    registry.s3.delete_object(Bucket=_BUCKET, Key=f"{_ROOT}/blobs/sha256/{image[7:9]}/{image[7:]}/data")
    assert registry.read().unreadable == {image}


def test_log_that_is_too_young_tells_no_pulls(aws: Callable[[str], Any]) -> None:
    logs, now = aws("logs"), datetime.now(timezone.utc)
    logs.create_log_group(logGroupName="registry")
    logs.create_log_group(logGroupName="registry-of-another-stack")
    log = PullLog(logs, "registry")
    assert log.pulls([0, 7, 30], now) == {}
    assert log.pulls([0, 7, 30], now + timedelta(days=8)) == {7: set()}


def test_running_images_are_those_of_services_and_their_task_definitions(aws: Callable[[str], Any]) -> None:
    """A service without tasks may start one at any time. More services than one call describes."""
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="apps")
    for number in range(12):
        container = {"name": "app", "image": f"registry.example.com/{_REPOSITORY}:{number}", "memory": 64}
        ecs.register_task_definition(family=f"app-{number}", containerDefinitions=[container])
        ecs.create_service(cluster="apps", serviceName=f"app-{number}", taskDefinition=f"app-{number}", desiredCount=0)
    found = set(running_images(ecs))
    assert found == {ImageName(_REPOSITORY, str(number), None) for number in range(12)}


class Forbidden:
    """A client of ECS in a Region where every call is refused."""

    def __init__(self, ecs: Any, reason: str) -> None:
        self.exceptions = ecs.exceptions
        self._error = ClientError({"Error": {"Code": "AccessDeniedException", "Message": reason}}, "ListClusters")

    def get_paginator(self, _operation: str) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("region", "reason", "ends"),
    [
        ("us-west-2", "with an explicit deny in a service control policy", True),
        ("eu-west-1", "because no identity-based policy allows the ecs:ListClusters action", True),
        ("eu-west-1", "with an explicit deny in a service control policy", False),
    ],
)
def test_only_a_region_that_the_organization_closes_may_be_unread(
    registry: Registry, aws: Callable[[str], Any], region: str, reason: str, ends: bool
) -> None:
    registry.push("image", "1")
    aws("logs").create_log_group(logGroupName="registry")
    clients = Clients(
        s3=registry.s3,
        logs=aws("logs"),
        ecs={"us-west-2": aws("ecs"), "eu-west-1": aws("ecs"), region: Forbidden(aws("ecs"), reason)},
    )
    later = datetime.now(timezone.utc) + timedelta(days=2)
    if ends:
        with pytest.raises(ClientError, match=reason):
            run(_SETTINGS, clients, now=later, apply=True, push_seconds=0)
        assert len(registry.read().manifests) == 1
    else:
        report = run(_SETTINGS, clients, now=later, apply=True, push_seconds=0)["report"]
        document = json.load(
            registry.s3.get_object(Bucket=_BUCKET, Key=report.removeprefix(f"s3://{_BUCKET}/"))["Body"]
        )
        assert document["closedRegions"] == ["eu-west-1"]
        assert document["totals"]["deleted"] == 1


def test_error_leaves_no_index_without_its_parts(registry: Registry, aws: Callable[[str], Any]) -> None:
    """The push of an index succeeds while its part is deleted, then S3 fails."""
    aws("logs").create_log_group(logGroupName="registry")
    part, other = registry.push("amd64"), registry.push("other")
    failures: list[str] = []

    def fail(request: Any, **_: Any) -> None:
        if f"/revisions/sha256/{other[7:]}/" in request.url and not failures:
            failures.append(registry.push("index", "latest", (part,)))
            raise ConnectionError("S3 is away")

    registry.s3.meta.events.register("before-send.s3.DeleteObject", fail)
    clients = Clients(s3=registry.s3, logs=aws("logs"), ecs={"us-west-2": aws("ecs")})
    later = datetime.now(timezone.utc) + timedelta(days=2)
    with pytest.raises(ConnectionError):
        run(_SETTINGS, clients, now=later, apply=True, push_seconds=0)
    assert {part, *failures} <= registry.read().manifests.keys()


def test_event_that_says_so_only_gets_a_report(
    registry: Registry, api: AwsApi, aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function itself, with the clients that it makes for all Regions."""
    image = registry.push("image", "1")
    aws("logs").create_log_group(logGroupName="registry")
    rules = to_json([Rule(repositories=["*"])])
    buckets = {"IMAGES_BUCKET": _BUCKET, "REPORTS_BUCKET": _BUCKET}
    variables = {"RULES": rules, "APPLY": "true", "LOG_GROUP": "registry", **buckets}
    for name, value in {**api.environment("us-west-2"), **variables}.items():
        if value:
            monkeypatch.setenv(name, value)
        else:
            monkeypatch.delenv(name, raising=False)
    summary = handle({"apply": False}, None)
    assert (summary["applied"], summary["manifests"]) == (False, 1)
    assert registry.read().manifests.keys() == {image}


def deleted(
    registry: Registry, read: Repository, expired: Iterable[str], has_time: Callable[[], bool] = lambda: True
) -> set[str]:
    """Delete manifests, and return those that were deleted."""
    found: set[str] = set()
    delete(registry.storage, read, set(expired), has_time, found)
    return found


def pushed_earlier(repository: Repository, pushed: str, seconds: int = 1) -> Repository:
    manifest = repository.manifests[pushed]
    earlier = dataclasses.replace(manifest, pushed=manifest.pushed - timedelta(seconds=seconds))
    return dataclasses.replace(repository, manifests={**repository.manifests, pushed: earlier})
