"""Checks of the retention rules."""

import re
from collections.abc import Iterable, Iterator

from ..args import PrivateRegistryArgs, RetentionRule
from ..problems import Problem
from ..retention_function.rules import Rule, to_json
from .schedules import schedule_problems

# The characters of names and tags (OCI Distribution Specification, "Pulling manifests"), and the wildcard.
_REPOSITORIES = re.compile(r"[a-z0-9*][a-z0-9._/*-]*")
_TAGS = re.compile(r"[\w*][\w.*-]{0,127}", re.ASCII)
# All variables of a function may take 4 KB ("Lambda quotas"). The names of buckets and of a log group need the rest.
_MAX_BYTES = 3000


def retention_problems(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    """Find the problems with the retention rules and their schedule."""
    yield from schedule_problems("retention_schedule", args.retention_schedule)
    if args.retention is None:
        if args.retention_apply:
            yield Problem(
                key="retention_apply",
                found="is true, but there are no rules in `retention`",
                allowed="`retention_apply` with `retention`",
                example={"retention_apply": None},
            )
        return
    if args.upstream is not None:
        yield Problem(
            key="retention",
            found="is set, but a pull-through cache deletes its images itself, 7 days after it fetched them",
            allowed="`retention` without `upstream`",
            example={"retention": None},
        )
    if not args.retention:
        yield Problem(key="retention", found="has no rules", allowed="one or more rules")
    if (size := len(to_json(Rule(**vars(rule)) for rule in args.retention).encode())) > _MAX_BYTES:
        yield Problem(
            key="retention",
            found=f"the rules take {size} bytes as JSON",
            allowed=f"at most {_MAX_BYTES}; patterns with `*` are shorter than lists",
        )
    for place, rule in enumerate(args.retention):
        yield from _rule_problems(rule, f"retention[{place}]", args.log_retention_days)


def _rule_problems(rule: RetentionRule, key: str, log_days: int) -> Iterator[Problem]:
    if not rule.repositories:
        yield Problem(key=f"{key}.repositories", found="is empty", allowed="one or more names; `*` stands for all")
    yield from _pattern_problems(rule.repositories, _REPOSITORIES, f"{key}.repositories", "names of repositories")
    yield from _pattern_problems(rule.keep_tags, _TAGS, f"{key}.keep_tags", "tags")
    numbers = {name: getattr(rule, name) for name in ("keep_newest", "keep_days", "keep_pulled_days")}
    for name, number in numbers.items():
        if number < 0:
            yield Problem(key=f"{key}.{name}", found=f"{number} is negative", allowed="0 or more")
    if not rule.keep_tags and not any(numbers.values()):
        yield Problem(
            key=key,
            found="keeps nothing that is older than a day",
            allowed="a rule with `keep_tags`, `keep_newest`, `keep_days` or `keep_pulled_days`",
        )
    if rule.keep_pulled_days > log_days:
        yield Problem(
            key=f"{key}.keep_pulled_days",
            found=f"{rule.keep_pulled_days} days, but the log with the pulls is kept for {log_days}",
            allowed="at most `log_retention_days`",
            example={"log_retention_days": 365},
        )


def _pattern_problems(patterns: Iterable[str], form: re.Pattern[str], key: str, what: str) -> Iterator[Problem]:
    if bad := [pattern for pattern in patterns if not form.fullmatch(pattern)]:
        yield Problem(
            key=key,
            found=f"{', '.join(map(repr, bad))} cannot match {what}",
            allowed=f"{what}, in which `*` stands for any characters",
        )
