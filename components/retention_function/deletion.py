"""Deletes manifests, and puts back those for which a push came in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass

from .images import Repository
from .storage import Storage, parallel


@dataclass(frozen=True)
class Outcome:
    """What a run did in a repository.

    Attributes:
        deleted: the digests of the deleted manifests.
        restored: the digests of those that were deleted and put back.
    """

    deleted: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()


def delete(
    storage: Storage, repository: Repository, expired: Set[str], has_time: Callable[[], bool], deleted: set[str]
) -> None:
    """Delete manifests of a repository while there is time.

    An index goes before its parts, so one that could not be deleted keeps all of them.

    Args:
        storage: the bucket.
        repository: the repository as it was read.
        expired: the digests of the manifests.
        has_time: whether there is time for another deletion.
        deleted: gets the digests of those that were deleted, also if an error ends the deletion.
    """

    def attempt(digest: str) -> None:
        if has_time() and storage.delete(repository, digest):
            deleted.add(digest)

    spared: set[str] = set()
    for group in _indexes_first(repository, expired):
        parallel(attempt, group - spared)
        for digest in group - deleted:
            spared |= repository.manifests[digest].parts


def restore_needed(storage: Storage, repository: Repository, deleted: Set[str]) -> Outcome:
    """Put back what was deleted if anything that is there now needs a part of it.

    A push that was checking for a manifest while it was deleted may have succeeded. That is rare, so all manifests of
    the repository are put back, complete with their tags and signatures, and the next run decides anew.
    """
    found = storage.repositories(repository.name)
    now = found[0] if found else Repository(name=repository.name)
    needed = {tag.digest for tag in now.tags.values()}.union(*(manifest.parts for manifest in now.manifests.values()))
    lost = deleted - now.manifests.keys()
    if needed.isdisjoint(lost):
        return Outcome(frozenset(deleted))
    parallel(lambda digest: storage.restore(repository, digest), lost)
    return Outcome(frozenset(deleted - lost), frozenset(lost))


def _indexes_first(repository: Repository, expired: Iterable[str]) -> Iterator[set[str]]:
    """Yield the manifests in groups, each after all that list a manifest of it."""
    left = set(expired)
    while left:
        group = left.difference(*(repository.manifests[digest].parts for digest in left))
        yield group
        left -= group
