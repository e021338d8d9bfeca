"""The objects that a garbage collection deleted from a versioned bucket.

The registry deletes an object by a delete marker, below which its versions stay. A collection deletes blobs and, in
version 3, the links of layers (distribution v2.8.3 and v3.1.1, registry/storage/garbagecollect.go, vacuum.go). Nobody
else does meanwhile: clients are refused, and replicas delete only uploads.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sandbox.errors import SandboxError

_PREFIX = "docker/registry/v2/"
_BLOB = re.compile(rf"{_PREFIX}blobs/.+")
_LAYER_LINK = re.compile(rf"{_PREFIX}repositories/.+/_layers/.+/link")
_MOST_KEYS = 1000  # of DeleteObjects


@dataclass(frozen=True)
class Deleted:
    """An object that was deleted.

    Attributes:
        key: its key.
        marker: the version of its delete marker.
        size: the bytes of its newest version; 0 if no version is left.
        restorable: whether the marker is still what hides it: it was not pushed again, and a version is left.
    """

    key: str
    marker: str
    size: int
    restorable: bool

    @property
    def is_blob(self) -> bool:
        """Whether it is a blob's data, and not a link."""
        return bool(_BLOB.fullmatch(self.key))


def deleted(pages: Iterable[Mapping[str, Any]], begin: datetime, end: datetime) -> Iterator[Deleted]:
    """Find what was deleted within a time.

    Args:
        pages: the answers of ListObjectVersions.
        begin: the beginning of the collection. S3 has whole seconds.
        end: the end of the collection.
    """
    sizes: dict[str, tuple[datetime, int]] = {}
    markers: list[Mapping[str, Any]] = []
    for page in pages:
        markers += page.get("DeleteMarkers", ())
        for version in page.get("Versions", ()):
            found = (version["LastModified"], version["Size"])
            if version["LastModified"] <= end:
                sizes[version["Key"]] = max(found, sizes.get(version["Key"], found))
    for marker in markers:
        key = marker["Key"]
        collected = _BLOB.fullmatch(key) or _LAYER_LINK.fullmatch(key)
        if collected and begin.replace(microsecond=0) <= marker["LastModified"] <= end:
            size = sizes.get(key, (end, 0))[1]
            yield Deleted(key, marker["VersionId"], size, marker["IsLatest"] and key in sizes)


class Bucket:
    """A versioned images bucket.

    Args:
        s3: a boto3 client.
        name: the bucket's name.
    """

    def __init__(self, s3: Any, name: str) -> None:
        self._s3, self._name = s3, name

    def deleted(self, begin: datetime, end: datetime) -> list[Deleted]:
        """Find what was deleted within a time."""
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._name, Prefix=_PREFIX)
        return list(deleted(pages, begin, end))

    def blob_bytes(self, digests: Iterable[str]) -> int:
        """The bytes of blobs that exist."""
        wanted = {digest.removeprefix("sha256:") for digest in digests}
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=f"{_PREFIX}blobs/")
        objects = (found for page in pages for found in page.get("Contents", ()))
        return sum(found["Size"] for found in objects if found["Key"].split("/")[-2] in wanted)

    def restore(self, objects: Iterable[Deleted]) -> int:
        """Remove the delete markers of objects, and return how many there were.

        Raises:
            SandboxError: S3 refused to remove one.
        """
        restorable = iter([each for each in objects if each.restorable])
        count = 0
        while some := list(islice(restorable, _MOST_KEYS)):
            versions = [{"Key": each.key, "VersionId": each.marker} for each in some]
            answer = self._s3.delete_objects(Bucket=self._name, Delete={"Objects": versions, "Quiet": True})
            if errors := answer.get("Errors"):
                raise SandboxError(f"{errors[0]['Key']} cannot be restored: {errors[0]['Message']}; run this again")
            count += len(some)
        return count
