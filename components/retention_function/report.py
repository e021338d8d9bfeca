"""The report of a run: what the rules keep and why, what has expired, and what was deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import datetime
from typing import Any

from .decision import freed
from .deletion import Outcome
from .images import Repository
from .rules import Rule

# Of the keys of reports.
PREFIX = "retention"


def report(
    *,
    now: datetime,
    rules: Sequence[Rule],
    apply: bool,
    repositories: Sequence[Repository],
    kept: Mapping[str, Mapping[str, str]],
    outcomes: Mapping[str, Outcome],
    closed_regions: Sequence[str],
) -> dict[str, Any]:
    """Return the report as a value of JSON.

    Args:
        now: when the run began. It names the run.
        rules: the rules.
        apply: whether expired manifests were to be deleted.
        repositories: the repositories as they were.
        kept: the digests that the rules keep, with the reasons, by repository.
        outcomes: what was done, by repository.
        closed_regions: the Regions that the account's organization closes, where nothing was read.
    """
    expired = {each.name: each.manifests.keys() - kept[each.name].keys() for each in repositories}
    return {
        "run": f"{now:%Y%m%dT%H%M%SZ}",
        "applied": apply,
        "rules": [asdict(rule) for rule in rules],
        "closedRegions": list(closed_regions),
        "repositories": [
            _repository(each, kept[each.name], expired[each.name], outcomes.get(each.name, Outcome()))
            for each in repositories
        ],
        "totals": _totals(repositories, expired, outcomes),
    }


def expired_lines(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an event for each expired manifest of a report, for the log."""
    for repository in document["repositories"]:
        for manifest in repository["expired"]:
            yield {"event": "expired", "run": document["run"], "repository": repository["name"], **manifest}


def _totals(
    repositories: Sequence[Repository], expired: Mapping[str, AbstractSet[str]], outcomes: Mapping[str, Outcome]
) -> dict[str, int]:
    return {
        "repositories": len(repositories),
        "manifests": sum(len(each.manifests) for each in repositories),
        "expired": sum(map(len, expired.values())),
        "deleted": sum(len(outcome.deleted) for outcome in outcomes.values()),
        "restored": sum(len(outcome.restored) for outcome in outcomes.values()),
        # Only a garbage collection frees them.
        "expiredBytes": freed(repositories, expired),
    }


def _repository(
    repository: Repository, kept: Mapping[str, str], expired: AbstractSet[str], outcome: Outcome
) -> dict[str, Any]:
    tags: dict[str, list[str]] = {}
    for name, tag in sorted(repository.tags.items()):
        tags.setdefault(tag.digest, []).append(name)
    return {
        "name": repository.name,
        "kept": [
            {"digest": digest, "tags": tags.get(digest, []), "reason": reason}
            for digest, reason in sorted(kept.items())
        ],
        "expired": [
            {
                "digest": digest,
                "tags": tags.get(digest, []),
                "pushed": repository.manifests[digest].pushed.isoformat(),
                "bytes": repository.manifests[digest].size + sum(repository.manifests[digest].blobs.values()),
                "deleted": digest in outcome.deleted,
                "restored": digest in outcome.restored,
            }
            for digest in sorted(expired)
        ],
    }
