"""Scheduled garbage collections under constant traffic: what they delete, what they refuse, and what ends them."""

from __future__ import annotations

import json
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.pure.collection_states import PHASES
from components.pure.log_queries import COLLECTED_QUERIES, COLLECTION_QUERIES
from sandbox.aws.logs_insights import run as run_query
from sandbox.command_line import main
from sandbox.evaluation.project import evaluate_project
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from sandbox.random_image import MANIFEST_TYPE, Image, digest
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.collection import (
    UNREACHABLE_SECONDS,
    Change,
    Collections,
    collections,
    held_after,
    limited_to,
    looking_in,
)
from tests.sandbox.faulty_s3 import Fault, FaultyS3, faulty_s3
from tests.sandbox.helpers import PROJECT
from tests.sandbox.replicas import ask_replica, replicas
from tests.sandbox.traffic import Report, traffic

_OCI = {"Accept": MANIFEST_TYPE}
_CONFIG = {"registry:garbageCollection": "cron(0 5 ? * SUN *)", "registry:deletes": "true"}
_LINK = re.compile(r".+/repositories/(.+)/(_layers|_manifests/revisions)/sha256/([0-9a-f]{64})/link")
# An upload that is refused while the client sends is a broken connection to it.
_REFUSED = re.compile(r"(PATCH|POST|PUT) .*: (status 405|SSLError)")
_MOST_KEYS = 1000  # of DeleteObjects
_BOTH = pytest.mark.parametrize("registry", ["dev", "prod"], ids=["registry:2", "registry:3"], indirect=True)


@dataclass(frozen=True)
class Registry:
    """Two replicas of a stack with garbage collections, whose users may delete images.

    Attributes:
        bucket: the images bucket.
        s3: the S3 of the collections' tasks.
    """

    stack: str
    running: Sandbox
    bucket: str
    s3: FaultyS3
    collected: Collections

    @contextmanager
    def traffic(self, *, clients: int = 1, pause: float = 0.5) -> Iterator[Report]:
        """Send traffic, of which only pushes fail, while they are refused. At the end, no collection may run.

        Then empty the bucket: a collection takes the longer, the more images there are.
        """
        with traffic(self.running, clients=clients, pause=pause) as report:
            yield report
            self.assert_pushes_are_accepted()
            report.assert_continues()
            refused = len(report.failures)
            report.assert_continues()
        assert (len(report.failures), report.lost) == (refused, [])
        assert [failure for failure in report.failures if not _REFUSED.match(failure)] == []
        versions = [each for kind in ("Versions", "DeleteMarkers") for each in self._listed(kind)]
        keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        for start in range(0, len(keys), _MOST_KEYS):
            some = {"Objects": keys[start : start + _MOST_KEYS]}
            self.running.stack.aws("s3").delete_objects(Bucket=self.bucket, Delete=some)

    def assert_pushes_are_accepted(self) -> None:
        """The refusal ends, and no collection has deleted without one."""
        wait_until(lambda: not self.collected.refuses, "the end of the refusal", seconds=5)
        assert not self.collected.overlapped, "a collection deleted while pushes were accepted"
        with RegistryClient(Endpoint.of(self.running)) as client:
            client.push(new_image())

    def objects(self, kind: str = "Versions") -> set[tuple[str, str]]:
        """The keys of the registry's objects, with their versions, apart from uploads in progress.

        Args:
            kind: "Versions", or "DeleteMarkers" for what was deleted.
        """
        newest = (each for each in self._listed(kind) if each["IsLatest"])
        return {(each["Key"], each["VersionId"]) for each in newest if "/_uploads/" not in each["Key"]}

    def _listed(self, kind: str) -> Iterator[Mapping[str, Any]]:
        pages = self.running.stack.aws("s3").get_paginator("list_object_versions").paginate(Bucket=self.bucket)
        return (each for page in pages for each in page.get(kind, ()))


@pytest.fixture(scope="module")
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    """The registry of the stack that a test names as a parameter, with an images bucket of its own."""
    sandbox: Sandbox = request.getfixturevalue(request.param)
    bucket = create_bucket(sandbox)
    sandbox.stack.aws("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    declared = evaluate_project(PROJECT, request.param, overrides={**_CONFIG, "registry:imagesBucket": bucket})
    with (
        tempfile.TemporaryDirectory(prefix="collection-") as folder,  # pytest's folder is too long for sockets
        replicas(sandbox, Path(folder), declaration=declared) as running,
        faulty_s3(sandbox.stack.api) as s3,
        collections(running, declared, Path(folder), s3=s3.api) as collected,
    ):
        yield Registry(request.param, running, bucket, s3, collected)


@pytest.fixture
def client(registry: Registry) -> Iterator[RegistryClient]:
    with RegistryClient(Endpoint.of(registry.running)) as connected:
        yield connected


@_BOTH
def test_collection_refuses_pushes_and_can_be_undone(
    registry: Registry, client: RegistryClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it deleted is restored, and nothing else has changed.

    No replica is replaced: without a cache of blob descriptors, none remembers what is deleted.
    """
    running, collected = registry.running, registry.collected
    with registry.traffic(clients=2, pause=0) as report:
        deleted = deleted_image(registry, client)
        before, markers = registry.objects(), registry.objects("DeleteMarkers")
        run = collected.start()
        assert collected.wait_for_end(run) == "SUCCEEDED", collected.failure(run)
        assert collected.watcher_status(run) == "SUCCEEDED"
        assert report.failures != []
        assert statuses(running, blob_path(deleted)) == {404}
        logged = run_query(COLLECTION_QUERIES[0].text, collected.log())
        [summary] = run_query(COLLECTED_QUERIES[0].text, collected.outputs[-1].splitlines())

        *phases, undone = undo(registry, run, monkeypatch, capsys)
        assert [line["phase"] for line in phases] == [
            *("refuse pushes", "let requests end", "collect", "allow pushes", "report")
        ]
        assert undone["restored"] == undone["restorable"] == undone["blobs"] + undone["links"] > 0
        assert summary["deleted"] == int(summary["garbage"]) == undone["blobs"]
        assert {row["collection"] for row in logged} == {run.rpartition(":")[2]}
        seconds = {row["phase"]: row["seconds"] for row in reversed(logged)}
        assert tuple(seconds) == PHASES
        history = {line["phase"]: line["seconds"] for line in phases}
        assert all(seconds[phase] == pytest.approx(history[phase.lower()], abs=0.5) for phase in PHASES)
        assert undone["bytes"] >= sum(blob.size for blob in deleted.blobs)
        assert before <= registry.objects()
        assert registry.objects("DeleteMarkers") == markers
        assert pull_by_digest(client, before) > len(deleted.blobs)
        client.push(deleted)
        assert statuses(running, f"/v2/{deleted.repository}/manifests/{digest(deleted.manifest)}") == {200}
    figures.record(f"garbage collection, {registry.stack}", f"{report}; {seconds}")


@pytest.mark.parametrize("registry", ["prod"], indirect=True)
def test_registry_without_images_is_left_alone(registry: Registry) -> None:
    """The registry's command would fail."""
    run = registry.collected.start(looking_in(create_bucket(registry.running)))
    assert registry.collected.wait_for_end(run) == "SUCCEEDED", registry.collected.failure(run)
    assert registry.collected.phases(run)[-1] == "Nothing to collect"


@pytest.mark.parametrize("registry", ["prod"], indirect=True)
def test_dry_run_deletes_nothing_and_refuses_nothing(registry: Registry, client: RegistryClient) -> None:
    deleted = deleted_image(registry, client)
    run = registry.collected.start(dry_run=True)
    assert registry.collected.wait_for_end(run) == "SUCCEEDED", registry.collected.failure(run)
    assert "Refuse pushes" not in registry.collected.phases(run)
    assert f"blob eligible for deletion: {deleted.blobs[0].digest}" in registry.collected.outputs[-1]
    assert statuses(registry.running, blob_path(deleted)) == {200}


@_BOTH
def test_pushes_are_accepted_after_a_stop_in_each_phase(registry: Registry, subtests: pytest.Subtests) -> None:
    collected = registry.collected
    with registry.traffic():
        with subtests.test("S3 does not answer before the refusal"):
            run = collected.start(looking_in("collected-missing"))
            assert collected.wait_for_end(run) == "FAILED"
            assert collected.phases(run) == ["Find a repository"]
            assert not collected.refuses
        for state in ("Watch", "Refuse pushes", "Let requests end", "Collect: run", "Collect: end"):
            with subtests.test(state):
                run, refuses = collected.start(held_after(state)), state != "Watch"
                collected.wait_until_held(run)
                wait_until(lambda refuses=refuses: collected.refuses == refuses, "the refusal", seconds=5)
                collected.stop(run)
                assert collected.wait_for_end(run) == "ABORTED"
                assert collected.watcher_status(run) == ("FAILED" if refuses else "SUCCEEDED")
                registry.assert_pushes_are_accepted()


@_BOTH
def test_pushes_are_accepted_after_each_fault_of_the_task(
    registry: Registry, client: RegistryClient, subtests: pytest.Subtests
) -> None:
    """While it deletes. It has ended before pushes are accepted."""
    collected = registry.collected
    with registry.traffic():
        with subtests.test("killed"), deleting(registry, client) as run:
            collected.kill_tasks()
            assert collected.wait_for_end(run) == "FAILED"
        with subtests.test("terminated"), deleting(registry, client) as run, collected.terminated_instance():
            assert collected.wait_for_end(run) == "FAILED"
        with subtests.test("stopped after a second start"), deleting(registry, client) as run:
            second = collected.start()
            assert collected.wait_for_end(second) == "FAILED"
            assert collected.watcher_status(second) == "SUCCEEDED"
            assert collected.refuses, "the second collection has ended the refusal of the first"
            collected.stop(run)
            assert collected.wait_for_end(run) == "ABORTED"
        for fault in (Fault(slow_down=True), Fault(reset=True, deletions_only=True)):
            with subtests.test("S3 does not answer", fault=fault), registry.s3.failing(fault):
                deleted_image(registry, client)
                before, run = registry.objects(), collected.start()
                assert collected.wait_for_end(run) == "FAILED"
                assert collected.watcher_status(run) == "FAILED"
                registry.assert_pushes_are_accepted()
                assert before <= registry.objects()


@_BOTH
def test_pushes_are_accepted_when_the_task_of_an_unreachable_instance_has_ended(
    registry: Registry, client: RegistryClient, subtests: pytest.Subtests
) -> None:
    """ECS cannot stop the task, which ends itself."""
    collected, limit = registry.collected, limited_to(UNREACHABLE_SECONDS)
    with registry.traffic():
        with (
            subtests.test("until the limit"),
            deleting(registry, client, limit) as run,
            collected.unreachable_instance(),
        ):
            assert collected.wait_for_end(run) == "TIMED_OUT"
            registry.assert_pushes_are_accepted()
        with subtests.test("stopped"), deleting(registry, client, limit) as run, collected.unreachable_instance():
            collected.stop(run)
            assert collected.watcher_status(run) == "FAILED"
            registry.assert_pushes_are_accepted()


@contextmanager
def deleting(registry: Registry, client: RegistryClient, *changes: Change) -> Iterator[str]:
    """A collection whose first deletion S3 does not answer. At the end, pushes must be accepted again.

    Yields:
        The ARN of its execution.
    """
    deleted_image(registry, client)
    held, requests = threading.Event(), registry.s3.faulty_requests
    with registry.s3.failing(Fault(held_until=held, deletions_only=True)):
        run = registry.collected.start(*changes)
        try:
            wait_until(lambda: registry.s3.faulty_requests > requests, "a deletion", seconds=30)
            with pytest.raises(RequestFailed, match="405"):
                client.push(new_image())
            yield run
            assert registry.collected.watcher_status(run) == "FAILED"
            registry.assert_pushes_are_accepted()
        finally:
            held.set()
            registry.collected.stop(run)


def create_bucket(sandbox: Sandbox) -> str:
    name = f"collected-{os.urandom(4).hex()}"
    location = {"LocationConstraint": sandbox.stack.region}
    sandbox.stack.aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration=location)
    return name


def new_image() -> Image:
    return Image.random(f"collected/{os.urandom(4).hex()}", "1", layer_bytes=1000)


def deleted_image(registry: Registry, client: RegistryClient) -> Image:
    """An image whose manifest has been deleted. Its blobs are garbage."""
    image = new_image()
    client.push(image)
    path = f"/v2/{image.repository}/manifests/{digest(image.manifest)}"
    assert ask_replica(registry.running, 0, "DELETE", path).status == 202
    return image


def undo(
    registry: Registry, run: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[dict[str, Any]]:
    """Run the command that undoes a collection, and return the lines of its output."""
    stack = registry.running.stack
    for name, value in stack.api.environment(stack.region).items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    capsys.readouterr()
    assert main(["collection", run, "--bucket", registry.bucket, "--undo"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def pull_by_digest(client: RegistryClient, objects: Iterable[tuple[str, str]]) -> int:
    """Pull each manifest and blob to which an object links, compare its digest, and return their number."""
    links = [link for key, _ in objects if (link := _LINK.fullmatch(key))]
    for link in links:
        repository, kind, expected = link[1], link[2], f"sha256:{link[3]}"
        if kind == "_layers":
            content = b"".join(client.read_blob(repository, expected))
        else:
            content = client.read_manifest(repository, expected)
        assert digest(content) == expected
    return len(links)


def blob_path(image: Image) -> str:
    return f"/v2/{image.repository}/blobs/{image.blobs[-1].digest}"


def statuses(running: Sandbox, path: str) -> set[int]:
    """The statuses of each replica for a path. A replica redirects for a blob that it has."""
    answers = (ask_replica(running, each, "HEAD", path, headers=_OCI) for each in range(len(running.containers)))
    return {200 if answer.status == 307 else answer.status for answer in answers}
