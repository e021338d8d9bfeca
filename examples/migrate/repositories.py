"""The list of repositories to copy: a text file with a line for each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# distribution/reference, regexp.go: components of a name, and the host with an optional port.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_LINE = re.compile(rf"(?P<source>{_NAME})(?:@(?P<digest>sha256:[0-9a-f]{{64}}))?(?:\s+(?P<target>{_NAME}))?")
_REGISTRY = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d+)?(?:/{_NAME})?")


class InvalidList(Exception):
    """The list cannot be used. The message has a line for each problem."""


@dataclass(frozen=True)
class Repository:
    """A repository to copy with all its tags, or one image of it.

    Attributes:
        source: the name in the source registry.
        target: the name in the target registry.
        digest: the digest of the image. "": all tags.
    """

    source: str
    target: str
    digest: str = ""

    def reversed(self) -> Repository:
        """Return the same repository for a copy in the other direction."""
        return Repository(self.target, self.source, self.digest)


def parse(text: str) -> list[Repository]:
    """Parse a list.

    A line is NAME or NAME@DIGEST, then the name in the target if it differs. What follows # is a comment.

    Raises:
        InvalidList: a line is none of these, there is none, or a name leads to two names in the other registry.
    """
    lines = [(number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1)]
    matches = [(number, line, _LINE.fullmatch(line)) for number, line in lines if line]
    found = [_repository(match) for _, _, match in matches if match]
    problems = [
        f"line {number}: {line!r} is not NAME, NAME@sha256:DIGEST, or one of these and the name in the target;"
        " a name has lowercase letters and digits, with . _ - and / between them"
        for number, line, match in matches
        if not match
    ]
    if not matches:
        problems.append("there is no repository; write a name on each line, such as team/app")
    problems += _ambiguous("target", {(each.target, each.source) for each in found})
    problems += _ambiguous("source", {(each.source, each.target) for each in found})
    if problems:
        raise InvalidList("\n".join(problems))
    return found


def is_registry(text: str) -> bool:
    """Whether a text is HOST, HOST:PORT, or one of these with the beginning of all names, such as docker.io/company."""
    return _REGISTRY.fullmatch(text) is not None


def _repository(match: re.Match[str]) -> Repository:
    return Repository(match["source"], match["target"] or match["source"], match["digest"] or "")


def _ambiguous(side: str, names: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a problem for each name on one side that has several on the other.

    A tag of two sources would be overwritten, and the copy back would not know where an image came from.
    """
    others: dict[str, list[str]] = defaultdict(list)
    for name, other in sorted(names):
        others[name].append(other)
    for name, found in others.items():
        if len(found) > 1:
            yield f"{', '.join(found)} have the same {side} {name}; name it once"
