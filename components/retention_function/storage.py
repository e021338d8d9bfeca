"""The manifests and tags in the images bucket, which the registry keeps as links: objects with a digest as content.

The keys are those of distribution/distribution, registry/storage/paths.go, the same in both major versions. A deletion
leaves what the registry's own deletion by digest leaves. Unlike that, it loses no tag that is pushed at the same time:
the registry looks the tags up, then removes them without a condition (registry/handlers/manifests.go, DeleteManifest).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from .images import Manifest, Repository, Tag, read_manifest

THREADS = 32

_T = TypeVar("_T")
_S = TypeVar("_S")
_ROOT = "docker/registry/v2"
_LINK = re.compile(
    rf"{_ROOT}/repositories/(?P<repository>.+)/_manifests/"
    r"(?:revisions/sha256/(?P<revision>[0-9a-f]{64})"
    r"|tags/(?P<tag>[^/]+)/(?:current|index/sha256/(?P<earlier>[0-9a-f]{64})))/link"
)


@dataclass
class _Links:
    """The links of a repository, each with the time at which it was written."""

    revisions: dict[str, datetime] = field(default_factory=dict[str, datetime])
    current: dict[str, datetime] = field(default_factory=dict[str, datetime])
    histories: dict[str, dict[str, datetime]] = field(default_factory=dict[str, dict[str, datetime]])


class Storage:
    """The images bucket.

    Args:
        s3: a boto3 client, which may be used by `THREADS` threads.
        bucket: the bucket's name.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket
        self._manifests: dict[tuple[str, datetime], Manifest | None] = {}

    def repositories(self, name: str = "") -> list[Repository]:
        """Read all repositories, or one."""
        links = self._links(f"{_ROOT}/repositories/{name}{'/_manifests/' if name else ''}")
        return [self._repository(name, links[name]) for name in sorted(links)]

    def delete(self, repository: Repository, digest: str) -> bool:
        """Delete a manifest and its tags, as they were read. Return whether nobody has pushed it since.

        If it is interrupted, the manifest is left without some of its tags, and is deleted by the next run.
        """
        if self._written(_revision(repository.name, digest)) != repository.manifests[digest].pushed:
            return False
        for name, tag in repository.tags.items():
            if tag.digest == digest and self._read(_current(repository.name, name)) == digest.encode():
                for earlier in tag.history:
                    self._delete(_history(repository.name, name, earlier), earlier)
                self._delete(_current(repository.name, name), digest)
        self._delete(_revision(repository.name, digest), digest)
        return True

    def restore(self, repository: Repository, digest: str) -> None:
        """Write a deleted manifest's links again, except a tag that exists."""
        self._write(_revision(repository.name, digest), digest)
        for name, tag in repository.tags.items():
            if tag.digest == digest:
                for each in {digest, *tag.history}:
                    self._write(_history(repository.name, name, each), each)
                self._write(_current(repository.name, name), digest)

    def _links(self, prefix: str) -> dict[str, _Links]:
        found: dict[str, _Links] = {}
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        for each in (each for page in pages for each in page.get("Contents", ())):
            if link := _LINK.fullmatch(each["Key"]):
                links, written = found.setdefault(link["repository"], _Links()), _second(each["LastModified"])
                if link["revision"]:
                    links.revisions[f"sha256:{link['revision']}"] = written
                elif link["earlier"]:
                    links.histories.setdefault(link["tag"], {})[f"sha256:{link['earlier']}"] = written
                else:
                    links.current[link["tag"]] = written
        return found

    def _repository(self, name: str, links: _Links) -> Repository:
        manifests = dict(zip(links.revisions, parallel(self._manifest, links.revisions.items()), strict=True))
        digests = zip(links.current, parallel(lambda tag: self._read(_current(name, tag)), links.current), strict=True)
        return Repository(
            name=name,
            manifests={digest: manifest for digest, manifest in manifests.items() if manifest},
            tags={
                tag: Tag(digest=digest.decode(), pushed=links.current[tag], history=links.histories.get(tag, {}))
                for tag, digest in digests
                if digest is not None  # None: deleted since it was listed
            },
            unreadable=frozenset(digest for digest, manifest in manifests.items() if manifest is None),
        )

    def _manifest(self, revision: tuple[str, datetime]) -> Manifest | None:
        if revision not in self._manifests:
            digest, pushed = revision
            hexadecimal = digest.removeprefix("sha256:")
            content = self._read(f"{_ROOT}/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data")
            try:
                self._manifests[revision] = None if content is None else read_manifest(content, pushed)
            except ValueError:
                self._manifests[revision] = None
        return self._manifests[revision]

    def _read(self, key: str) -> bytes | None:
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None

    def _written(self, key: str) -> datetime | None:
        try:
            return _second(self._s3.head_object(Bucket=self._bucket, Key=key)["LastModified"])
        except self._s3.exceptions.ClientError as error:
            if _code(error) == "404":
                return None
            raise

    def _delete(self, key: str, digest: str) -> None:
        """Delete a link if it still has a digest as its content."""
        try:
            link = self._s3.get_object(Bucket=self._bucket, Key=key)
            if link["Body"].read() == digest.encode():
                self._s3.delete_object(Bucket=self._bucket, Key=key, IfMatch=link["ETag"])
        except self._s3.exceptions.ClientError as error:
            # It was deleted or changed in the meantime ("How to perform conditional deletes" in the S3 User Guide).
            if _code(error) not in ("404", "NoSuchKey", "PreconditionFailed", "ConditionalRequestConflict"):
                raise

    def _write(self, key: str, digest: str) -> None:
        """Write a link that does not exist."""
        try:
            self._s3.put_object(Bucket=self._bucket, Key=key, Body=digest.encode(), IfNoneMatch="*")
        except self._s3.exceptions.ClientError as error:
            if _code(error) not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise


def parallel(function: Callable[[_S], _T], values: Iterable[_S]) -> list[_T]:
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(function, values))


def _manifests(repository: str) -> str:
    return f"{_ROOT}/repositories/{repository}/_manifests"


def _revision(repository: str, digest: str) -> str:
    return f"{_manifests(repository)}/revisions/{digest.replace(':', '/')}/link"


def _current(repository: str, tag: str) -> str:
    return f"{_manifests(repository)}/tags/{tag}/current/link"


def _history(repository: str, tag: str, digest: str) -> str:
    return f"{_manifests(repository)}/tags/{tag}/index/{digest.replace(':', '/')}/link"


def _second(time: datetime) -> datetime:
    """Return a time as a header of S3 has it, without fractions of a second."""
    return time.replace(microsecond=0)


def _code(error: Any) -> str:
    return error.response["Error"]["Code"]
