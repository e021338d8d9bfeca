"""Retention with real registries of both major versions: what the rules keep stays pullable.

The repositories are random. To repeat a run that failed, set RETENTION_SEED to what its output says.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from components.retention_function.clients import Clients
from components.retention_function.decision import Use
from components.retention_function.handler import Settings, run
from components.retention_function.images import Manifest, Repository, Tag
from components.retention_function.rules import Rule
from components.retention_function.storage import Storage
from sandbox.local import Sandbox
from sandbox.random_image import MANIFEST_TYPE, Blob, digest
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox.garbage_collect import collect
from tests.sandbox.helpers import now
from tests.sandbox.replicas import ask_replica
from tests.sandbox.traffic import traffic
from tests.unit.retention_function.naive_model import naively_kept

_INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
_DAYS = 30
_PAIRS = 2
# Not for all repositories: other tests' images are in the same registry.
_RULES = [
    Rule(repositories=["retained/*"], keep_days=_DAYS, keep_pulled_days=_DAYS),
    Rule(repositories=["retained/b*"], keep_tags=["v*"]),
]


@pytest.fixture
def client(registries: Sandbox) -> Iterator[RegistryClient]:
    with RegistryClient(Endpoint.of(registries)) as connected:
        yield connected


@dataclass
class PushedRepository:
    """A repository with what was pushed to it.

    Attributes:
        times: when what is pushed next counts as pushed, for the naive model of the rules.
        contents: the manifests by digest.
    """

    registry: Sandbox
    client: RegistryClient
    name: str
    times: Iterator[datetime]
    contents: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)

    @property
    def model(self) -> Repository:
        return Repository(name=self.name, manifests=self.manifests, tags=self.tags)

    def push_image(self, layers: list[Blob], reference: str | None = None, subject: str | None = None) -> str:
        config = Blob.random(100)
        for blob in (config, *layers):
            self.client.push_blob(self.name, blob)
        first, *others = (
            {"mediaType": "application/octet-stream", "digest": each.digest, "size": each.size}
            for each in (config, *layers)
        )
        document = {"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": first, "layers": others}
        if subject:
            document["subject"] = self._descriptor(subject)
        return self.push(document, reference, Manifest(pushed=next(self.times), subject=subject))

    def push_index(self, parts: list[str], reference: str | None = None) -> str:
        document = {"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": [*map(self._descriptor, parts)]}
        return self.push(document, reference, Manifest(pushed=next(self.times), parts=frozenset(parts)))

    def pull(self, pushed: str) -> None:
        """Pull a manifest by its digest, with its blobs and the manifests that it lists."""
        assert self.client.read_manifest(self.name, pushed) == self.contents[pushed]
        document = json.loads(self.contents[pushed])
        for part in document.get("manifests", ()):
            self.pull(part["digest"])
        for blob in (*filter(None, [document.get("config")]), *document.get("layers", ())):
            assert digest(b"".join(self.client.read_blob(self.name, blob["digest"]))) == blob["digest"]

    def push(self, document: dict[str, Any], tag: str | None, manifest: Manifest) -> str:
        """Push a manifest by a tag, or by its digest. Return the digest."""
        content = json.dumps(document).encode()
        pushed = digest(content)
        path, headers = f"/v2/{self.name}/manifests/{tag or pushed}", {"Content-Type": document["mediaType"]}
        assert ask_replica(self.registry, 0, "PUT", path, body=content, headers=headers).status == 201
        self.contents[pushed], self.manifests[pushed] = content, manifest
        if tag:
            history = self.tags[tag].history if tag in self.tags else {}
            history = {**history, pushed: manifest.pushed}
            self.tags[tag] = Tag(digest=pushed, pushed=manifest.pushed, history=history)
        return pushed

    def _descriptor(self, pushed: str) -> dict[str, Any]:
        content = self.contents[pushed]
        return {"mediaType": json.loads(content)["mediaType"], "digest": pushed, "size": len(content)}


def test_kept_images_stay_pullable_after_retention_and_collection(
    registries: Sandbox, client: RegistryClient, tmp_path: Path
) -> None:
    """Random repositories, of which each two share layers, while other clients push and pull."""
    seed = os.environ.get("RETENTION_SEED") or os.urandom(4).hex()
    print(f"RETENTION_SEED={seed}")  # pytest shows it after a failure
    generator = random.Random(seed)
    settings = settings_of(registries)
    begin = datetime.now(timezone.utc) - timedelta(days=1)
    times = (begin + timedelta(seconds=number) for number in itertools.count())
    repositories, to_expire = list[PushedRepository](), set[tuple[str, str]]()
    for number in range(_PAIRS):
        layers = [Blob.random(1000) for _ in range(4)]
        for name in ("a", "b"):
            repository = PushedRepository(registries, client, f"retained/{name}{number}", times)
            to_expire.add((repository.name, push_random(repository, generator, layers)))
            repositories.append(repository)

    since = datetime.fromisoformat(now())
    pulls = set()
    for repository in repositories:
        pulled_tag, pulled_digest = generator.choice([*repository.tags]), generator.choice([*repository.manifests][:-1])
        for reference in (pulled_tag, pulled_digest):
            client.read_manifest(repository.name, reference)
            pulls.add((repository.name, reference))
        # The rules must keep what the tag had when it was pulled, too.
        repository.times = itertools.repeat(since + timedelta(days=1))
        repository.push_image([Blob.random(1000)], pulled_tag)
    named = {(repository.name, generator.choice([*repository.tags])) for repository in repositories[::2]}
    for repository_name, tag in named:
        create_service(registries, repository_name, tag)

    later = since + timedelta(days=_DAYS)
    with traffic(registries, clients=2) as report:
        deliver_logs(registries, settings.log_group)
        planned = run(settings, clients_of(registries), now=later, apply=False)
        for repository in repositories:
            for pushed in repository.manifests:
                assert client.read_manifest(repository.name, pushed), "a dry run deletes nothing"
        done = run(settings, clients_of(registries), now=later, apply=True, push_seconds=0)
        report.assert_continues()
    assert (report.lost, report.abandoned_operations) == ([], [])
    collect(registries, tmp_path)

    use = Use(running_tags=named, pulls={_DAYS: pulls})
    may_expire = {
        (repository.name, each)
        for repository in repositories
        for each in repository.manifests.keys() - naively_kept(repository.model, _RULES, use, later)
    }
    expired = {
        (each["name"], manifest["digest"])
        for each in read_report(registries, planned)["repositories"]
        for manifest in each["expired"]
    }
    # Not equal: of two pushes of a tag in the same second, S3 does not tell the later one, and both are kept.
    assert to_expire <= expired <= may_expire
    assert done["deleted"] == len(expired)
    for repository in repositories:
        for pushed in repository.manifests:
            if (repository.name, pushed) in expired:
                with pytest.raises(RequestFailed, match="404"):
                    client.read_manifest(repository.name, pushed)
            else:
                repository.pull(pushed)
        tags = {tag for tag, each in repository.tags.items() if (repository.name, each.digest) not in expired}
        assert set(client.tags(repository.name)) == tags


def test_deletion_leaves_what_the_registrys_own_leaves_and_can_be_undone(
    registries: Sandbox, client: RegistryClient
) -> None:
    """Two tags, one that has moved away, and one that has moved here."""
    own, same = (
        PushedRepository(registries, client, f"{os.urandom(4).hex()}", itertools.repeat(datetime.now()))
        for _ in range(2)
    )
    layer = Blob.random(1000)
    for repository in (own, same):
        kept = repository.push_image([layer], "moved-here")
        doomed = repository.push_image([layer], "moved-away")
        for tag in ("first", "moved-here"):
            repository.client.push_blob(repository.name, layer)
            repository.push(json.loads(repository.contents[doomed]), tag, repository.manifests[doomed])
        repository.push(json.loads(repository.contents[kept]), "moved-away", repository.manifests[kept])
        if repository is own:
            assert ask_replica(registries, 0, "DELETE", f"/v2/{own.name}/manifests/{doomed}").status == 202
        else:
            storage = Storage(registries.stack.aws("s3"), bucket(registries))
            [read] = storage.repositories(same.name)
            assert storage.delete(read, doomed)
    kinds = [sorted(map(kind, keys(registries, repository.name))) for repository in (own, same)]
    assert kinds[0] == kinds[1]
    assert "tags/moved-away/current/link" in kinds[0]
    restore_deleted(registries, same.name)
    same.pull(doomed)
    assert {tag: client.digest(same.name, tag) for tag in client.tags(same.name)} == {
        "first": doomed,
        "moved-here": doomed,
        "moved-away": kept,
    }


def push_random(repository: PushedRepository, generator: random.Random, layers: list[Blob]) -> str:
    """Push images, indexes, referrers and signatures, some by a tag that an earlier one had.

    Returns:
        The digest of the last image, to which nothing refers.
    """
    for _ in range(8):
        tag = generator.choice(["v1", "v2", "latest", "edge", None])
        earlier = [*repository.manifests]
        if len(earlier) > 2 and generator.random() < 0.25:
            repository.push_index(generator.sample(earlier, 2), tag)
        elif earlier and generator.random() < 0.2:
            repository.push_image(generator.sample(layers, 1), tag, subject=generator.choice(earlier))
        elif earlier and generator.random() < 0.2:
            signed = generator.choice(earlier).replace(":", "-")
            repository.push_image([Blob.random(50)], signed + generator.choice(["", ".sig"]))
        else:
            repository.push_image(generator.sample(layers, 2), tag)
    return repository.push_image(layers[:1])


def settings_of(sandbox: Sandbox) -> Settings:
    """Settings with a log group and a bucket for the reports, which the sandbox does not create."""
    name = f"retention-{os.urandom(4).hex()}"
    sandbox.stack.aws("logs").create_log_group(logGroupName=name)
    sandbox.stack.aws("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": sandbox.stack.region}
    )
    return Settings(rules=_RULES, apply=True, images_bucket=bucket(sandbox), reports_bucket=name, log_group=name)


def clients_of(sandbox: Sandbox) -> Clients:
    return Clients(
        s3=sandbox.stack.aws("s3"),
        logs=sandbox.stack.aws("logs"),
        ecs={sandbox.stack.region: sandbox.stack.aws("ecs")},
    )


def create_service(sandbox: Sandbox, repository: str, tag: str) -> None:
    """Create a service without tasks, which would start one from an image at any time."""
    ecs, name = sandbox.stack.aws("ecs"), f"retention-{os.urandom(4).hex()}"
    ecs.create_cluster(clusterName=name)
    image = f"registry.example.com:443/{repository}:{tag}"
    container = {"name": "app", "image": image, "memory": 64}
    ecs.register_task_definition(family=name, containerDefinitions=[container])
    ecs.create_service(cluster=name, serviceName=name, taskDefinition=name, desiredCount=0)


def deliver_logs(sandbox: Sandbox, group: str) -> None:
    """Send the replicas' logs to CloudWatch, as the awslogs driver does."""
    logs = sandbox.stack.aws("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="registry")
    lines = [line for container in sandbox.containers for line in container.output().splitlines()]
    events = [{"timestamp": milliseconds(line), "message": line} for line in lines if line.startswith("{")]
    events.sort(key=lambda event: event["timestamp"])
    for start in range(0, len(events), 1000):
        logs.put_log_events(logGroupName=group, logStreamName="registry", logEvents=events[start : start + 1000])


def milliseconds(line: str) -> int:
    text = json.loads(line)["time"].replace("Z", "+00:00")
    head, dot, rest = text.partition(".")
    fraction, zone = rest[: rest.index("+")], rest[rest.index("+") :]
    return int(datetime.fromisoformat(f"{head}{dot}{fraction[:6].ljust(6, '0')}{zone}").timestamp() * 1000)


def read_report(sandbox: Sandbox, summary: dict[str, Any]) -> dict[str, Any]:
    name, _, key = summary["report"].removeprefix("s3://").partition("/")
    return json.load(sandbox.stack.aws("s3").get_object(Bucket=name, Key=key)["Body"])


def bucket(sandbox: Sandbox) -> str:
    return sandbox.stack.declaration.exports["bucketName"]


def keys(sandbox: Sandbox, repository: str) -> list[str]:
    """The keys of a repository's manifests and tags in S3, without the repository's name."""
    prefix = f"docker/registry/v2/repositories/{repository}/_manifests/"
    listed = sandbox.stack.aws("s3").list_objects_v2(Bucket=bucket(sandbox), Prefix=prefix)["Contents"]
    return [each["Key"].removeprefix(prefix) for each in listed]


def restore_deleted(sandbox: Sandbox, repository: str) -> None:
    """Remove all delete markers of a repository, as the runbook's command does for those since a time."""
    s3, name = sandbox.stack.aws("s3"), bucket(sandbox)
    listed = s3.list_object_versions(Bucket=name, Prefix=f"docker/registry/v2/repositories/{repository}/_manifests/")
    for marker in listed["DeleteMarkers"]:
        s3.delete_object(Bucket=name, Key=marker["Key"], VersionId=marker["VersionId"])


def kind(key: str) -> str:
    """A key without the digest, which differs between repositories."""
    return "/".join("DIGEST" if len(part) == 64 else part for part in key.split("/"))
