"""Compares the digests of every tag in two registries."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import regctl
from repositories import Repository

_THREADS = 8


@dataclass(frozen=True)
class Image:
    """A tag, or an image without one, in both registries.

    Attributes:
        name: its name in the target.
        source: its digest in the source. None: it is not there.
        target: its digest in the target. None: it is not there.
    """

    name: str
    source: str | None
    target: str | None

    @property
    def is_same(self) -> bool:
        """Whether both registries have the same image."""
        return self.source is not None and self.source == self.target

    @property
    def is_extra(self) -> bool:
        """Whether only the target has it: it was pushed there, or deleted in the source."""
        return self.source is None and self.target is not None

    def difference(self) -> str:
        """Describe how the registries differ, in one line."""
        if self.is_extra:
            return f"only in the target: {self.name}"
        if self.target is None:
            return f"missing: {self.name}"
        return f"differs: {self.name} is {self.source} in the source, {self.target} in the target"


def compare(source: str, target: str, repositories: Sequence[Repository]) -> list[Image]:
    """Ask both registries for the digest of each tag that one of them has, and of each single image.

    A repository that the source lacks is a missing image: its name in the list may be wrong. A tag without an image,
    which an interrupted push leaves, is none.

    Raises:
        regctl.RegctlError: a registry did not answer, or refused.
    """
    with ThreadPoolExecutor(_THREADS) as threads:
        listed = list(threads.map(partial(_names, source, target), repositories))
        names = [pair for pairs in listed for pair in pairs or ()]
        images = list(threads.map(lambda pair: Image(pair[1], *map(regctl.digest, pair)), names))
    absent = [pair[0] for pair in zip(repositories, listed, strict=True) if pair[1] is None]
    found = [image for image in images if image.source or image.target or "@" in image.name]
    return [*found, *(Image(f"{target}/{repository.target}", None, None) for repository in absent)]


def _names(source: str, target: str, repository: Repository) -> list[tuple[str, str]] | None:
    """Return the names in source and target of every image of a repository, or None if the source lacks it."""
    old, new = f"{source}/{repository.source}", f"{target}/{repository.target}"
    if repository.digest:
        return [(f"{old}@{repository.digest}", f"{new}@{repository.digest}")]
    tags = regctl.tags(old)
    if tags is None:
        return None
    return [(f"{old}:{tag}", f"{new}:{tag}") for tag in sorted({*tags, *(regctl.tags(new) or ())})]
