"""What retention rules keep, stated naively."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from components.retention_function.decision import Use
from components.retention_function.images import Repository
from components.retention_function.rules import Rule


def naively_kept(repository: Repository, rules: Sequence[Rule], use: Use, now: datetime) -> set[str]:
    """State each rule by itself, then add what is needed until nothing changes."""

    def ago(days: int) -> datetime:
        return now - timedelta(days=days)

    everything = set(repository.manifests)
    own = [rule for rule in rules if any(fnmatchcase(repository.name, pattern) for pattern in rule.repositories)]
    if not own or any(rule.keep_pulled_days and rule.keep_pulled_days not in use.pulls for rule in own):
        return everything
    used = {each for each in everything if each in use.running}
    used |= {tag.digest for name, tag in repository.tags.items() if (repository.name, name) in use.running_tags}
    keep = {each for each in everything if _pushed(repository, each) > ago(1)}
    for rule in own:
        keep |= {each for each in everything if _pushed(repository, each) > ago(rule.keep_days)}
        keep |= {
            tag.digest
            for name, tag in repository.tags.items()
            if any(fnmatchcase(name, pattern) for pattern in rule.keep_tags)
        }
        tagged = {tag.digest for name, tag in repository.tags.items() if not name.startswith("sha256-")}
        for each in tagged:
            newer = [
                other for other in tagged if (_pushed(repository, other), other) > (_pushed(repository, each), each)
            ]
            if len(newer) < rule.keep_newest:
                keep.add(each)
        used |= set(_pulled(repository, rule, use, ago(rule.keep_pulled_days)))
    while more := {index for index in everything - used for part in repository.manifests[index].parts if part in used}:
        used |= more
    keep |= used
    while more := set(_needed_by(repository, keep)) & everything - keep:
        keep |= more
    return keep & everything


def _pulled(repository: Repository, rule: Rule, use: Use, since: datetime) -> Iterator[str]:
    for name, reference in use.pulls[rule.keep_pulled_days] if rule.keep_pulled_days else ():
        if name != repository.name:
            continue
        yield reference
        if tag := repository.tags.get(reference):
            yield tag.digest
            for each, time in tag.history.items():
                followed = [other for other in tag.history.values() if other > time]
                ended = min(followed, default=None)
                if ended is None or ended > since:
                    yield each


def _needed_by(repository: Repository, keep: set[str]) -> Iterator[str]:
    for each in keep & repository.manifests.keys():
        manifest = repository.manifests[each]
        yield from manifest.parts
        if manifest.subject:
            yield manifest.subject
        yield from (other for other, referrer in repository.manifests.items() if referrer.subject == each)
        yield from (tag.digest for name, tag in repository.tags.items() if name.startswith(each.replace(":", "-")))


def _pushed(repository: Repository, each: str) -> datetime:
    tagged = (tag.pushed for tag in repository.tags.values() if tag.digest == each)
    return max([repository.manifests[each].pushed, *tagged])
