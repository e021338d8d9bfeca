"""What of a registry is restorable, wherever its content is read from."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

THREADS = 8


@dataclass(frozen=True, order=True)
class Item:
    """A manifest or a blob in a repository."""

    repository: str
    digest: str

    def __str__(self) -> str:
        return f"{self.repository}@{self.digest}"


class Unreadable(Exception):
    """An item cannot be read. The message says why, such as "missing"."""


class Source(Protocol):
    """Where a drill reads. Its methods but `manifests` are called by several threads."""

    def manifests(self) -> Iterable[tuple[Item, str]]:
        """Yield manifests, each with a tag that names it, or with "". A manifest may come several times."""
        ...

    def read_manifest(self, item: Item) -> bytes:
        """Return a manifest. Raises `Unreadable`."""
        ...

    def read_blob(self, item: Item) -> Iterator[bytes]:
        """Yield the content of a blob in parts. Raises `Unreadable`."""
        ...

    def find_blob(self, item: Item) -> None:
        """Raise `Unreadable` if a repository lacks a blob, which other repositories may have."""
        ...


class Drill:
    """One drill. A manifest is restorable if its content and everything that it refers to have their digests.

    Layers with URLs of their own are not expected: clients do not push them.

    Attributes:
        faults: why an item is not restorable, by item.
        blobs: the number of blobs.
        bytes: the size of everything that was read.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tags: dict[Item, set[str]] = {}
        self._parts: dict[Item, list[Item]] = {}
        self.faults: dict[Item, str] = {}
        self.blobs = 0
        self.bytes = 0

    @property
    def manifests(self) -> int:
        """The number of manifests. An image for several platforms has one for each of them, and an index."""
        return len(self._tags)

    @property
    def restorable(self) -> int:
        """The number of manifests that are restorable."""
        return sum(map(self._is_restorable, self._tags))

    def read_manifests(self) -> None:
        """Read the source's manifests, and those to which an index refers."""
        for item, tag in self._source.manifests():
            self._tags.setdefault(item, set()).update({tag} - {""})
        unread = list(self._tags)
        with ThreadPoolExecutor(THREADS) as threads:
            while unread:
                found: dict[Item, set[str]] = {}
                for size, children in threads.map(self._read_manifest, unread):
                    self.bytes += size
                    found.update((child, set()) for child in children if child not in self._tags)
                self._tags.update(found)
                unread = list(found)

    def read_blobs(self) -> None:
        """Read each blob once, however many repositories and manifests share it."""
        repositories: dict[str, set[str]] = defaultdict(set)
        for parts in self._parts.values():
            for part in parts:
                if part not in self._tags:
                    repositories[part.digest].add(part.repository)
        with ThreadPoolExecutor(THREADS) as threads:
            for size, faults in threads.map(self._read_blob, repositories, map(sorted, repositories.values())):
                self.blobs += 1
                self.bytes += size
                self.faults.update(faults)

    def report(self) -> Iterator[str]:
        """Yield a line for each fault, with the manifests that need the item."""
        for item, reason in sorted(self.faults.items()):
            users = sorted(name for user, parts in self._parts.items() if item in parts for name in self._names(user))
            needed = f", needed by {', '.join(users)}" if users else ""
            if item in self._tags:
                yield f"{reason}: manifest {', '.join(self._names(item))}{needed}"
            else:
                yield f"{reason}: blob {item}{needed}"

    def _read_manifest(self, item: Item) -> tuple[int, list[Item]]:
        """Return the size of a manifest, and the manifests to which it refers."""
        try:
            content = self._source.read_manifest(item)
        except Unreadable as error:
            self.faults[item] = str(error)
            return 0, []
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != item.digest:
            self.faults[item] = "corrupt"
            return len(content), []
        manifests, blobs = _references(json.loads(content))
        children = [Item(item.repository, digest) for digest in manifests]
        self._parts[item] = [*children, *(Item(item.repository, digest) for digest in blobs)]
        return len(content), children

    def _read_blob(self, digest: str, repositories: list[str]) -> tuple[int, dict[Item, str]]:
        """Return the size of a blob, and its faults by repository."""
        faults: dict[Item, str] = {}
        size, verdict = 0, None
        for item in (Item(repository, digest) for repository in repositories):
            try:
                if verdict is None:
                    size, found = _size_and_digest(self._source.read_blob(item))
                    verdict = "" if found == digest else "corrupt"
                else:
                    self._source.find_blob(item)
            except Unreadable as error:
                faults[item] = str(error)
            else:
                if verdict:
                    faults[item] = verdict
        return size, faults

    def _is_restorable(self, item: Item) -> bool:
        return item not in self.faults and all(map(self._is_restorable, self._parts.get(item, ())))

    def _names(self, item: Item) -> list[str]:
        return [f"{item.repository}:{tag}" for tag in sorted(self._tags.get(item, ()))] or [str(item)]


def _references(manifest: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the digests of the manifests and of the blobs to which a manifest of any type refers."""
    entries = [*manifest.get("layers", ()), *manifest.get("blobs", ())]
    blobs = [entry["digest"] for entry in entries if not entry.get("urls")]
    config = [manifest["config"]["digest"]] if "config" in manifest else []
    return [entry["digest"] for entry in manifest.get("manifests", ())], [*config, *blobs]


def _size_and_digest(parts: Iterable[bytes]) -> tuple[int, str]:
    size, hashed = 0, hashlib.sha256()
    for part in parts:
        size += len(part)
        hashed.update(part)
    return size, f"sha256:{hashed.hexdigest()}"
