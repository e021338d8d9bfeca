"""Retention rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is kept in some repositories. All that no rule of a repository keeps is deleted.

    Attributes:
        repositories: patterns of repositories. `*` stands for any characters, also for slashes.
        keep_tags: patterns of tags that are kept.
        keep_newest: how many of the newest tagged images are kept.
        keep_days: images that were pushed within this number of days are kept.
        keep_pulled_days: images that were pulled within this number of days are kept.
    """

    repositories: Sequence[str]
    keep_tags: Sequence[str] = ()
    keep_newest: int = 0
    keep_days: int = 0
    keep_pulled_days: int = 0

    def covers(self, repository: str) -> bool:
        return matches(self.repositories, repository)


def matches(patterns: Iterable[str], text: str) -> bool:
    """Whether a text matches one of the patterns as a whole."""
    return any(re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) for pattern in patterns)


def to_json(rules: Iterable[Rule]) -> str:
    return json.dumps([asdict(rule) for rule in rules], separators=(",", ":"))


def from_json(text: str) -> list[Rule]:
    return [Rule(**rule) for rule in json.loads(text)]
