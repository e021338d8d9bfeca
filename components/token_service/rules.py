"""Rules: who may do what.

A pattern is a text that may end with `*`, which stands for any characters, slashes too. Nothing else in it is special.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

EVERYBODY = "*"
USER_PREFIX = "user:"
ACTIONS = ("pull", "push", "delete", "catalog")

# Docker Engine, containerd and the registry agree on these names (distribution/reference, regexp.go). The registry
# also takes a host name with a port in front, which no client sends.
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_MAX_REPOSITORY = 255
# In a pattern, what stands before the `*` is the start of a name.
_REPOSITORY_START = re.compile(r"[a-z0-9][a-z0-9._/-]*")

# After any other character, `*` would admit look-alikes: `deployer*` matches `deployer-evil` and `deployer2`.
_SEPARATORS = "/-_.:"
_STAR = f"`*` may only be the last character, alone or after one of {' '.join(_SEPARATORS)}"

# IAM API Reference, "CreateRole" and "CreateUser": RoleName, UserName, Path. `*` is no character of a name.
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>\d{12}):(?P<kind>role|user)"
    r"(?P<path>/(?:[\x21-\x29\x2b-\x2e\x30-\x7e]+/)*)(?P<name>[A-Za-z0-9+=,.@_*-]{1,64})"
)


@dataclass(frozen=True)
class Rule:
    """Actions that somebody may do in some repositories.

    Attributes:
        who: the ARN of an IAM role or user, whose name may be a pattern; `user:NAME`; or `*` for everybody, with or
            without a login.
        repositories: patterns of repository names. The action `catalog` needs none.
        actions: some of `ACTIONS`. None implies another.
    """

    who: str
    repositories: tuple[str, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Principal:
    """An IAM role or user, or a pattern of their names.

    Attributes:
        kind: "role" or "user".
        arn: the ARN as `granted` compares it. A role's has no path, since STS does not tell it. A role's name is
            unique in its account ("IAM and AWS STS quotas", IAM name requirements).
    """

    partition: str
    account: str
    kind: str
    arn: str


def principal(who: str) -> Principal | None:
    """Return the role or user of an ARN, or None if it is no ARN of a role or user."""
    if not (found := _PRINCIPAL.fullmatch(who)):
        return None
    partition, account, kind, path, name = found.groups()
    kept = path if kind == "user" else "/"
    return Principal(partition, account, kind, f"arn:{partition}:iam::{account}:{kind}{kept}{name}")


def who_problem(who: str) -> str | None:
    """Return what is wrong with a rule's `who`, to follow its value in a sentence, or None."""
    if who == EVERYBODY:
        return None
    if who.startswith(USER_PREFIX):
        return None if len(who) > len(USER_PREFIX) else "names no user"
    if not (found := _PRINCIPAL.fullmatch(who)):
        # With `*` as the account, the role of this name of each account in the world.
        return "is not the ARN of an IAM role or user; only the name may have a `*`"
    if "*" not in who:
        return None
    if found["kind"] == "role" and found["path"] != "/":
        return "is a pattern with a path, and AWS STS does not tell the path of a role; leave the path out"
    return _star_problem(found["name"])


def repository_problem(pattern: str) -> str | None:
    """Return what is wrong with a pattern of repository names, to follow its value in a sentence, or None."""
    if pattern == "*":
        return None
    if "*" in pattern:
        start = pattern[:-1]
        valid = _REPOSITORY_START.fullmatch(start) and _could_start_a_name(start)
        return _star_problem(pattern) or (None if valid else "matches no repository name")
    return None if is_repository(pattern) else "is no repository name"


def is_repository(name: str) -> bool:
    """Tell whether a text is the name of a repository."""
    return len(name) <= _MAX_REPOSITORY and _REPOSITORY.fullmatch(name) is not None


def granted(rules: Iterable[Rule], callers: Collection[str], kind: str, name: str, actions: Iterable[str]) -> list[str]:
    """Return the actions that rules grant, of those that a request asks for, in the order of `ACTIONS`.

    Args:
        rules: the rules. They only grant, so their order does not matter.
        callers: what the caller is in rules: `*`, and for a login also `user:NAME` or the ARN of `Principal`.
        kind: the resource's type: `repository`, or `registry` for the catalog.
        name: the resource's name.
        actions: the actions that are asked for. `*` asks for each.
    """
    asked = set(actions)
    own = [rule for rule in rules if any(names(rule, caller) for caller in callers)]
    if kind == "registry" and name == "catalog":
        # The registry's name for the action is `*` (appendCatalogAccessRecord in registry/handlers/app.go).
        return ["*"] if "*" in asked and any("catalog" in rule.actions for rule in own) else []
    if kind != "repository" or not is_repository(name):
        return []
    may = {action for rule in own if _any_matches(rule.repositories, name) for action in rule.actions} - {"catalog"}
    return [action for action in ACTIONS if action in may and (action in asked or "*" in asked)]


def names(rule: Rule, caller: str) -> bool:
    """Tell whether a rule is about a caller, as in `granted`."""
    if found := principal(rule.who):
        return _matches(found.arn, caller)
    return rule.who == caller


def shadows(rule: Rule, other: Rule) -> bool:
    """Tell whether a rule grants everything that the other one grants."""
    who, others = _compared(rule.who), _compared(other.who)
    # The name of a static user is never a pattern.
    same = who in (EVERYBODY, others) or (principal(rule.who) is not None and _covers(who, others))
    within_repositories = all(any(_covers(a, b) for a in rule.repositories) for b in other.repositories)
    return same and set(rule.actions) >= set(other.actions) and within_repositories


def _compared(who: str) -> str:
    found = principal(who)
    return found.arn if found else who


def _any_matches(patterns: Iterable[str], text: str) -> bool:
    return any(_matches(pattern, text) for pattern in patterns)


def _matches(pattern: str, text: str) -> bool:
    if pattern.endswith("*"):
        return text.startswith(pattern[:-1])
    return text == pattern


def _covers(pattern: str, other: str) -> bool:
    """Tell whether a pattern matches whatever the other one matches. `*` is no character of what they match."""
    return pattern == other or (pattern.endswith("*") and other.startswith(pattern[:-1]))


def _star_problem(pattern: str) -> str | None:
    start = pattern[:-1]
    fine = pattern.endswith("*") and "*" not in start and (not start or start[-1] in _SEPARATORS)
    return None if fine else f"has a `*` where it may not be: {_STAR}"


def _could_start_a_name(start: str) -> bool:
    return any(is_repository(f"{start}{rest}") for rest in ("", "a"))
