"""The manifests and tags of a repository, as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, cast

_RESOLUTION = timedelta(seconds=1)  # of times in S3, which leaves fractions of a second out


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """An image, an index of images, or an artifact such as a signature.

    Attributes:
        pushed: when it was last pushed.
        parts: the digests of the manifests that an index lists.
        subject: the digest of the manifest to which a referrer refers. None: it is no referrer.
        blobs: the sizes in bytes of its config and layers, by digest.
        size: its own size in bytes.
    """

    pushed: datetime
    parts: frozenset[str] = frozenset()
    subject: str | None = None
    blobs: Mapping[str, int] = field(default_factory=dict[str, int])
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag.

    Attributes:
        digest: the digest of its manifest.
        pushed: when it was last pushed.
        history: the digests that it has had, each with when it last got it.
    """

    digest: str
    pushed: datetime
    history: Mapping[str, datetime] = field(default_factory=dict[str, datetime])

    def had_since(self, time: datetime) -> set[str]:
        """Return the digests that the tag has had from a time on, among them the one that it had at this time."""
        ends = dict(pairwise(sorted(set(self.history.values()))))
        past = {begin for begin, end in ends.items() if end + _RESOLUTION <= time}
        return {self.digest, *(digest for digest, begin in self.history.items() if begin not in past)}


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository.

    Attributes:
        manifests: the manifests by digest.
        tags: the tags by name.
        unreadable: the digests of manifests whose content is missing or unknown.
    """

    name: str
    manifests: Mapping[str, Manifest] = field(default_factory=dict[str, Manifest])
    tags: Mapping[str, Tag] = field(default_factory=dict[str, Tag])
    unreadable: frozenset[str] = frozenset()


def read_manifest(content: bytes, pushed: datetime) -> Manifest:
    """Read a manifest of any type that the registry takes: an OCI or a Docker image or index, or Docker's schema 1.

    Raises:
        ValueError: it is of no such type.
    """
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    fields = cast("dict[str, Any]", document)
    try:
        parts = [part["digest"] for part in fields.get("manifests", ())]
        config = [fields["config"]] if "config" in fields else []
        blobs = {blob["digest"]: int(blob["size"]) for blob in [*config, *fields.get("layers", ())]}
        subject = fields["subject"]["digest"] if fields.get("subject") else None
    except (KeyError, TypeError) as error:
        raise ValueError("a descriptor without a digest or a size") from error
    if "manifests" not in fields and not blobs and "fsLayers" not in fields:
        raise ValueError("neither an image nor an index")
    return Manifest(pushed=pushed, parts=frozenset(parts), subject=subject, blobs=blobs, size=len(content))
