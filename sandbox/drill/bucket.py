"""A drill in the bucket of a registry, without a registry: finds untagged manifests too.

The keys are those of distribution/distribution, registry/storage/paths.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.drill.check import THREADS, Item, Unreadable

_ROOT = "docker/registry/v2"
_REVISION = re.compile(rf"{_ROOT}/repositories/(.+)/_manifests/revisions/sha256/([0-9a-f]{{64}})/link")
_TAG = re.compile(rf"{_ROOT}/repositories/(.+)/_manifests/tags/([^/]+)/current/link")
_LAYER = re.compile(rf"{_ROOT}/repositories/(.+)/_layers/sha256/([0-9a-f]{{64}})/link")
_PART_BYTES = 1_000_000


class BucketSource:
    """The content of a bucket at the time of construction.

    Like the registry, it finds an item only if its repository has a link to it.

    Args:
        s3: a boto3 client.
        bucket: the bucket's name.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket
        self._revisions: set[Item] = set()
        self._layers: set[Item] = set()
        self._tags: list[tuple[str, str, str]] = []  # key, repository, tag
        for key in self._keys():
            if match := _REVISION.fullmatch(key):
                self._revisions.add(Item(match[1], f"sha256:{match[2]}"))
            elif match := _LAYER.fullmatch(key):
                self._layers.add(Item(match[1], f"sha256:{match[2]}"))
            elif match := _TAG.fullmatch(key):
                self._tags.append((key, match[1], match[2]))

    def manifests(self) -> Iterator[tuple[Item, str]]:
        for item in sorted(self._revisions):
            yield item, ""
        with ThreadPoolExecutor(THREADS) as threads:
            yield from threads.map(self._tagged, self._tags)

    def read_manifest(self, item: Item) -> bytes:
        return b"".join(self._read_data(item, self._revisions))

    def read_blob(self, item: Item) -> Iterator[bytes]:
        yield from self._read_data(item, self._layers)

    def find_blob(self, item: Item) -> None:
        if item not in self._layers:
            raise Unreadable("missing")

    def _tagged(self, place: tuple[str, str, str]) -> tuple[Item, str]:
        key, repository, tag = place
        try:
            return Item(repository, b"".join(self._read(key)).decode(errors="replace")), tag
        except Unreadable:  # reading it by its tag fails too
            return Item(repository, tag), tag

    def _read_data(self, item: Item, linked: set[Item]) -> Iterator[bytes]:
        if item not in linked:
            raise Unreadable("missing")
        hexadecimal = item.digest.removeprefix("sha256:")
        yield from self._read(f"{_ROOT}/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data")

    def _read(self, key: str) -> Iterator[bytes]:
        try:
            yield from self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].iter_chunks(_PART_BYTES)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise Unreadable("missing" if code == "NoSuchKey" else f"unreadable, {code}") from error
        except BotoCoreError as error:
            raise Unreadable(f"unreadable, {type(error).__name__}") from error

    def _keys(self) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"{_ROOT}/repositories/")
        for page in pages:
            for object_ in page.get("Contents", ()):
                yield object_["Key"]
