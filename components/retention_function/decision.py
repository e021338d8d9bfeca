"""What the rules keep. It depends on its arguments alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .images import Repository
from .rules import Rule, matches

# A push uploads its manifests one after another, and an index last. What is younger may be part of one under way.
_PUSH = timedelta(days=1)

# Clients attach signatures and other referrers to an image by a tag that is made from its digest. cosign's has a suffix
# (sigstore/cosign, specs/SIGNATURE_SPEC.md). The others' has none: it is that for registries without the referrers API,
# such as this one (OCI Distribution Specification, "Referrers Tag Schema").
_ATTACHED = re.compile(r"(sha256)-([0-9a-f]{64})(?:\..+)?")


@dataclass(frozen=True, kw_only=True)
class Use:
    """Who uses images, other than the repository's rules can tell.

    Attributes:
        running: the digests of running containers' images.
        running_tags: the repositories and tags that running services and tasks name.
        pulls: the repositories and references (tags or digests) that were pulled within a number of days. A number that
            is missing is one for which the log does not go back far enough.
    """

    running: AbstractSet[str] = frozenset()
    running_tags: AbstractSet[tuple[str, str]] = frozenset()
    pulls: Mapping[int, AbstractSet[tuple[str, str]]] = field(default_factory=dict[int, AbstractSet[tuple[str, str]]])


def kept(repository: Repository, rules: Sequence[Rule], use: Use, now: datetime) -> dict[str, str]:
    """Return the digests of the manifests that are kept, each with the reason.

    A manifest is kept if any rule of the repository keeps it. A repository without a rule keeps everything.
    """
    covering = [rule for rule in rules if rule.covers(repository.name)]
    if reason := _whole(repository, covering, use):
        return dict.fromkeys(repository.manifests, reason)
    reasons: dict[str, str] = {}
    used = [*_running(repository, use), *(found for rule in covering for found in _pulled(repository, rule, use, now))]
    for digest, reason in (*used, *_by_rules(repository, covering, now)):
        if digest in repository.manifests:
            reasons.setdefault(digest, reason)
    # Who pulls an image by its digest may have found it in an index, and will again.
    for index in _indexes_with(repository, {digest for digest, _ in used}):
        reasons.setdefault(index, "lists an image that is in use")
    return _with_related(repository, reasons)


def freed(repositories: Iterable[Repository], deleted: Mapping[str, AbstractSet[str]]) -> int:
    """Return the bytes that a garbage collection frees after the deletion of manifests.

    Args:
        repositories: all repositories, as they share blobs.
        deleted: the digests of the deleted manifests by repository.
    """
    gone: dict[str, int] = {}
    left: set[str] = set()
    for repository in repositories:
        for digest, manifest in repository.manifests.items():
            if digest in deleted.get(repository.name, ()):
                gone.update({digest: manifest.size, **manifest.blobs})
            else:
                left.update((digest, *manifest.blobs))
    return sum(size for digest, size in gone.items() if digest not in left)


def _whole(repository: Repository, rules: Sequence[Rule], use: Use) -> str | None:
    """Return why everything in a repository is kept, if it is."""
    if not rules:
        return "no rule"
    if repository.unreadable:
        return f"unreadable in this repository: {', '.join(sorted(repository.unreadable))}"
    for days in sorted(rule.keep_pulled_days for rule in rules if rule.keep_pulled_days):
        if days not in use.pulls:
            return f"the log does not go back {days} days"
    return None


def _running(repository: Repository, use: Use) -> Iterator[tuple[str, str]]:
    for digest in use.running & repository.manifests.keys():
        yield digest, "running in ECS"
    for tag, each in repository.tags.items():
        if (repository.name, tag) in use.running_tags:
            yield each.digest, f"named by ECS as {tag}"


def _pulled(repository: Repository, rule: Rule, use: Use, now: datetime) -> Iterator[tuple[str, str]]:
    since = now - timedelta(days=rule.keep_pulled_days)
    reason = f"pulled within {rule.keep_pulled_days} days"
    for name, reference in use.pulls.get(rule.keep_pulled_days, ()) if rule.keep_pulled_days else ():
        if name != repository.name:
            continue
        yield reference, reason
        if reference in repository.tags:
            # The log does not have the digest that a tag had when it was pulled.
            for digest in repository.tags[reference].had_since(since):
                yield digest, f"{reason} as {reference}"


def _by_rules(repository: Repository, rules: Sequence[Rule], now: datetime) -> Iterator[tuple[str, str]]:
    days = max(timedelta(days=rule.keep_days) for rule in rules)
    pushed = _last_pushes(repository)
    for digest, time in pushed.items():
        if time > now - max(days, _PUSH):
            yield digest, f"pushed within {max(days, _PUSH).days} days"
    patterns = [pattern for rule in rules for pattern in rule.keep_tags]
    for tag, each in repository.tags.items():
        if matches(patterns, tag):
            yield each.digest, f"tag {tag}"
    newest = max(rule.keep_newest for rule in rules)
    tagged = {each.digest for tag, each in repository.tags.items() if not _ATTACHED.fullmatch(tag)} & pushed.keys()
    for digest in sorted(tagged, key=lambda digest: (pushed[digest], digest), reverse=True)[:newest]:
        yield digest, f"one of the {newest} newest"


def _last_pushes(repository: Repository) -> dict[str, datetime]:
    """Return when each manifest was last pushed, also by another tag."""
    times = {digest: manifest.pushed for digest, manifest in repository.manifests.items()}
    for tag in repository.tags.values():
        if tag.digest in times:
            times[tag.digest] = max(times[tag.digest], tag.pushed)
    return times


def _indexes_with(repository: Repository, digests: AbstractSet[str]) -> set[str]:
    """Return the indexes that list one of some manifests, and those that list such an index."""
    found: set[str] = set()
    while indexes := {
        index
        for index, manifest in repository.manifests.items()
        if index not in found and not manifest.parts.isdisjoint(digests | found)
    }:
        found |= indexes
    return found


def _with_related(repository: Repository, reasons: Mapping[str, str]) -> dict[str, str]:
    """Add what kept manifests need to be complete: the parts of an index, the subject of a referrer, all referrers."""
    referrers: dict[str, set[str]] = {}
    for digest, manifest in repository.manifests.items():
        if manifest.subject:
            referrers.setdefault(manifest.subject, set()).add(digest)
    for tag, each in repository.tags.items():
        if attached := _ATTACHED.fullmatch(tag):
            referrers.setdefault(f"{attached[1]}:{attached[2]}", set()).add(each.digest)
    complete = dict(reasons)
    pending = list(reasons)
    while pending:
        digest = pending.pop()
        manifest = repository.manifests[digest]
        related = {
            **dict.fromkeys(manifest.parts, f"part of {digest}"),
            **dict.fromkeys([manifest.subject] if manifest.subject else [], f"subject of {digest}"),
            **dict.fromkeys(referrers.get(digest, ()), f"refers to {digest}"),
        }
        for other, reason in related.items():
            if other in repository.manifests and other not in complete:
                complete[other] = reason
                pending.append(other)
    return complete
