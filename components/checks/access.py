"""Checks of rules, and of what goes with them."""

from collections.abc import Iterator, Mapping, Sequence

from ..args import AccessRule, PrivateRegistryArgs
from ..problems import Problem
from ..pure.htpasswd import GENERATED_USER
from ..pure.location import Location
from ..token_service.login_request import USER as AWS_USER
from ..token_service.rules import (
    ACTIONS,
    EVERYBODY,
    USER_PREFIX,
    Rule,
    principal,
    repository_problem,
    shadows,
    who_problem,
)

_WHO = "the ARN of an IAM role or user, whose name may end with `*`, `user:NAME` for one of `users`, or `*`"
_WHO_EXAMPLE = "arn:aws:iam::123456789012:role/deployer"


def access_problems(args: PrivateRegistryArgs, region: str) -> Iterator[Problem]:
    """Find the problems with the rules, as far as they are known."""
    yield from _numbers(args)
    if args.access is None:
        return
    yield from _users(args)
    if not args.access:
        yield Problem(
            key="access",
            found="has no rule, so nobody could do anything",
            allowed="at least one rule, or no `access`, with which every user may do everything",
        )
    for place, rule in enumerate(args.access):
        yield from _who(args, region, rule, f"access[{place}].who")
        yield from _repositories(rule, f"access[{place}].repositories")
        yield from _actions(args, rule, f"access[{place}].actions")
    yield from _shadowed(args.access)


def _numbers(args: PrivateRegistryArgs) -> Iterator[Problem]:
    if args.token_signer < 1:
        yield Problem(
            key="token_signer",
            found=f"{args.token_signer} is too small",
            allowed="1, and 1 more at each rotation",
            example={"token_signer": 1},
        )
    if args.token_concurrency < 0:
        yield Problem(
            key="token_concurrency",
            found=f"{args.token_concurrency} is too small",
            allowed="a number of executions, or 0 to reserve none",
        )


def _users(args: PrivateRegistryArgs) -> Iterator[Problem]:
    if args.htpasswd is not None:
        yield Problem(
            key="htpasswd",
            found="is set together with `access`, whose token service cannot verify bcrypt hashes: AWS Lambda's Python"
            " has no bcrypt",
            allowed="`users` with the passwords in its place, or no `access`",
            example={"htpasswd": None},
        )
    if isinstance(args.users, Mapping) and AWS_USER in args.users:
        yield Problem(
            key="users",
            found=f"the user name {AWS_USER!r} cannot be used with `access`: logins by AWS identity have it",
            allowed="another name",
        )


def _who(args: PrivateRegistryArgs, region: str, rule: AccessRule, key: str) -> Iterator[Problem]:
    who = rule.who
    if not isinstance(who, str):
        return
    example, users = _WHO_EXAMPLE, _user_names(args)
    if found := who_problem(who):
        allowed = _WHO
    elif who.startswith(USER_PREFIX) and users is not None and who.removeprefix(USER_PREFIX) not in users:
        found, allowed = "is none of `users`", ", ".join(f"{USER_PREFIX}{name}" for name in users)
        example = f"{USER_PREFIX}{users[0]}"
    elif (named := principal(who)) and region and named.partition != (own := Location(region=region).partition):
        found, allowed = f"is in another partition than {region}, whose AWS STS does not know it", f"arn:{own}:iam::..."
        example = who.replace(f"arn:{named.partition}:", f"arn:{own}:", 1)
    elif who == EVERYBODY and set(rule.actions) - {"pull"}:
        found, allowed = "is everybody, also without a login, who may only pull", "`pull` alone, or a role or a user"
    else:
        return
    yield Problem(key=key, found=f"{who!r} {found}", allowed=allowed, example={key: example})


def _user_names(args: PrivateRegistryArgs) -> list[str] | None:
    """Return the names of the static users. None if they are not known yet."""
    if args.users is None:
        return [GENERATED_USER]
    return list(args.users) if isinstance(args.users, Mapping) and args.users else None


def _repositories(rule: AccessRule, key: str) -> Iterator[Problem]:
    actions = set(rule.actions)
    allowed = "names such as base/alpine, patterns such as team/*, or * for all repositories"
    for pattern in rule.repositories:
        if found := repository_problem(pattern):
            yield Problem(key=key, found=f"{pattern!r} {found}", allowed=allowed, example={key: ["team/*"]})
    if not rule.repositories and actions - {"catalog"}:
        yield Problem(key=key, found="is empty, so the rule allows nothing", allowed=allowed, example={key: ["team/*"]})
    if rule.repositories and actions == {"catalog"}:
        yield Problem(
            key=key,
            found="is set, but `catalog` lists all repositories, whatever these are",
            allowed="none with `catalog` alone",
            example={key: None},
        )


def _actions(args: PrivateRegistryArgs, rule: AccessRule, key: str) -> Iterator[Problem]:
    unknown = [action for action in rule.actions if action not in ACTIONS]
    useless = [action for action in rule.actions if action in ("push", "delete") and args.upstream is not None]
    if unknown or not rule.actions:
        found = f"has unknown ones: {', '.join(map(repr, unknown))}" if unknown else "is empty"
        allowed, example = ", ".join(ACTIONS), {key: ["pull", "push"]}
    elif useless:
        found = f"allows {' and '.join(useless)}, which a pull-through cache refuses"
        allowed, example = "pull and catalog with `upstream`", {key: ["pull"]}
    elif "delete" in rule.actions and not args.deletes:
        found = "allows delete, which the registry refuses to everybody unless `deletes` is on"
        allowed, example = "delete together with `deletes`", {"deletes": True}
    else:
        return
    yield Problem(key=key, found=found, allowed=allowed, example=example)


def _shadowed(rules: Sequence[AccessRule]) -> Iterator[Problem]:
    known = {
        place: Rule(rule.who, tuple(rule.repositories), tuple(rule.actions))
        for place, rule in enumerate(rules)
        if isinstance(rule.who, str)
    }
    for place, rule in known.items():
        # Of two rules that grant the same, the later one is spare.
        shadowing = (
            other_place
            for other_place, other in known.items()
            if other_place != place and shadows(other, rule) and (other_place < place or not shadows(rule, other))
        )
        if (other_place := next(shadowing, None)) is not None:
            yield Problem(
                key=f"access[{place}]",
                found=f"grants nothing that `access[{other_place}]` does not grant",
                allowed="rules that each grant something more",
                example="leave the rule out",
            )
