"""Rules: what they say, and what they grant."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.token_service.rules import ACTIONS, Rule, granted, repository_problem, shadows, who_problem

ACCOUNT = "123456789012"
IAM = f"arn:aws:iam::{ACCOUNT}"


@pytest.mark.parametrize(
    "who",
    [
        "*",
        "user:alice",
        "user:a*",  # the name of a user is never a pattern
        f"{IAM}:role/deployer",
        f"{IAM}:role/deployer-*",
        f"{IAM}:role/*",
        f"{IAM}:role/service-role/deployer",
        f"{IAM}:user/team/*",
        f"arn:aws-us-gov:iam::{ACCOUNT}:user/Alice+x=1,2.3@a_b-c",
    ],
)
def test_valid_who(who: str) -> None:
    assert who_problem(who) is None


@pytest.mark.parametrize(
    ("who", "problem"),
    [
        ("", "ARN"),
        ("alice", "ARN"),
        ("**", "ARN"),
        ("user:", "names no user"),
        ("arn:aws:iam::*:role/deployer", "only the name"),
        (f"arn:*:iam::{ACCOUNT}:role/deployer", "only the name"),
        (f"{IAM}:*", "only the name"),
        (f"{IAM}:root", "ARN"),
        (f"{IAM}:group/deployers", "ARN"),
        (f"{IAM}:role/te*am/deployer", "only the name"),
        (f"{IAM}:role/deployer\n", "ARN"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/session", "ARN"),
        (f"{IAM}:role/team/*", "leave the path out"),
        (f"{IAM}:role/team/deployer-*", "leave the path out"),
        (f"{IAM}:role/deployer*", "only be the last character"),
        (f"{IAM}:role/*-deployer", "only be the last character"),
        (f"{IAM}:user/team/a*-*", "only be the last character"),
    ],
)
def test_invalid_who(who: str, problem: str) -> None:
    assert problem in (who_problem(who) or "")


@pytest.mark.parametrize("pattern", ["*", "app", "team/*", "team/web/app", "a-b__c.d", "team-*", "a.*"])
def test_valid_repository_pattern(pattern: str) -> None:
    assert repository_problem(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "no repository name"),
        ("Team/app", "no repository name"),
        ("team//app", "no repository name"),
        ("team/../app", "no repository name"),
        ("/team", "no repository name"),
        ("team/", "no repository name"),
        ("a" * 256, "no repository name"),
        ("team*", "only be the last character"),
        ("*/app", "only be the last character"),
        ("te*am/*", "only be the last character"),
        ("Team/*", "matches no repository"),
        ("team/../*", "matches no repository"),
        ("team:*", "matches no repository"),
        ("/*", "matches no repository"),
    ],
)
def test_invalid_repository_pattern(pattern: str, problem: str) -> None:
    assert problem in (repository_problem(pattern) or "")


@pytest.mark.parametrize(
    ("who", "caller", "is_named"),
    [
        (f"{IAM}:role/deployer", f"{IAM}:role/deployer", True),
        (f"{IAM}:role/ci/deployer", f"{IAM}:role/deployer", True),
        (f"{IAM}:role/deployer", f"{IAM}:role/deployer-evil", False),
        (f"{IAM}:role/deployer-*", f"{IAM}:role/deployer-evil", True),
        (f"{IAM}:role/deployer-*", f"{IAM}:role/deployer", False),
        (f"{IAM}:role/deployer", "arn:aws:iam::210987654321:role/deployer", False),
        (f"{IAM}:role/deployer", f"{IAM}:user/deployer", False),
        (f"{IAM}:role/deployer", f"{IAM}:role/Deployer", False),
        (f"{IAM}:user/team/alice", f"{IAM}:user/alice", False),
        (f"{IAM}:user/*", f"{IAM}:user/team/alice", True),
        ("user:a*", "user:alice", False),
        ("user:alice", "user:alice2", False),
    ],
)
def test_look_alikes_are_not_named(who: str, caller: str, is_named: bool) -> None:
    rules = [Rule(who, ("*",), ("pull",))]
    assert granted(rules, [caller], "repository", "app", ["pull"]) == (["pull"] if is_named else [])


@pytest.mark.parametrize(
    "name",
    ["team/../x", "team//x", "team/./x", "team/x/", "team/%2e%2e/x", "team/x@y", "team/X", "team/a b", "h:5000/x"],
)
def test_path_tricks_are_granted_nothing(name: str) -> None:
    assert granted([Rule("*", ("*", "team/*"), ("pull",))], ["*"], "repository", name, ["pull"]) == []


def test_catalog_is_an_action_of_its_own() -> None:
    everything, catalog = Rule("*", ("*",), ("pull", "push", "delete")), Rule("*", (), ("catalog",))
    assert granted([everything], ["*"], "registry", "catalog", ["*"]) == []
    assert granted([catalog], ["*"], "registry", "catalog", ["*"]) == ["*"]
    assert granted([catalog], ["*"], "registry", "catalog", ["pull"]) == []
    assert granted([catalog], ["*"], "registry", "other", ["*"]) == []
    assert granted([Rule("*", ("*",), ("catalog", "pull"))], ["*"], "repository", "catalog", ["*"]) == ["pull"]


# A naive model: it compares parts of names, where the code compares texts.
@dataclass(frozen=True)
class _Model:
    """A rule.

    Attributes:
        kind: "role", "user", "static" or "everybody".
        who: the path of the principal's name; its last part is None for any name.
        repositories: the paths of repositories, likewise.
    """

    account: str
    kind: str
    who: tuple[str | None, ...]
    repositories: tuple[tuple[str | None, ...], ...]
    actions: tuple[str, ...]

    def rule(self) -> Rule:
        who = "/".join("*" if part is None else part for part in self.who)
        texts = {
            "role": f"arn:aws:iam::{self.account}:role/{who}",
            "user": f"arn:aws:iam::{self.account}:user/{who}",
            "static": f"user:{who}",
            "everybody": "*",
        }
        patterns = tuple("/".join("*" if part is None else part for part in parts) for parts in self.repositories)
        return Rule(texts[self.kind], patterns, self.actions)

    def grants(self, caller: _Caller, repository: tuple[str, ...], action: str) -> bool:
        if self.kind == "everybody":
            named = True
        elif self.kind == "static":
            named = caller.kind == "static" and self.who == caller.who
        elif self.kind == "role":
            own = self.who[-1:]
            named = (caller.kind, caller.account) == ("role", self.account) and _is_below(own, caller.who[-1:])
        else:
            named = (caller.kind, caller.account) == ("user", self.account) and _is_below(self.who, caller.who)
        return named and action in self.actions and any(_is_below(parts, repository) for parts in self.repositories)


@dataclass(frozen=True)
class _Caller:
    account: str
    kind: str
    who: tuple[str, ...]

    def names(self) -> list[str]:
        if self.kind == "nobody":
            return ["*"]
        if self.kind == "static":
            return ["*", f"user:{self.who[0]}"]
        who = self.who[-1] if self.kind == "role" else "/".join(self.who)
        return ["*", f"arn:aws:iam::{self.account}:{self.kind}/{who}"]


def _is_below(pattern: tuple[str | None, ...], parts: tuple[str, ...]) -> bool:
    if pattern[-1] is not None:
        return pattern == parts
    return len(parts) >= len(pattern) and parts[: len(pattern) - 1] == pattern[:-1]


_accounts = st.sampled_from([ACCOUNT, "210987654321"])
_parts = st.sampled_from(["a", "ab", "b", "a-b"])
_paths = st.lists(_parts, min_size=1, max_size=3).map(tuple)
_patterns = st.tuples(_paths, st.booleans()).map(lambda pair: (*pair[0][:-1], None) if pair[1] else pair[0])
_actions = st.lists(st.sampled_from(ACTIONS[:3]), min_size=1, unique=True).map(tuple)
_names = st.tuples(_parts)
_models = st.one_of(
    st.builds(_Model, _accounts, st.just("role"), _paths | st.just((None,)), st.tuples(_patterns), _actions),
    st.builds(_Model, _accounts, st.just("user"), _patterns, st.lists(_patterns, max_size=2).map(tuple), _actions),
    st.builds(_Model, _accounts, st.just("static"), _names, st.tuples(_patterns), _actions),
    st.builds(_Model, _accounts, st.just("everybody"), st.just(()), st.tuples(_patterns), _actions),
)
_callers = st.one_of(
    st.builds(_Caller, _accounts, st.sampled_from(["role", "user"]), _paths),
    st.builds(_Caller, _accounts, st.sampled_from(["static", "nobody"]), _names),
)


@given(st.lists(_models, max_size=5), _callers, _paths, st.lists(st.sampled_from([*ACTIONS[:3], "*"]), unique=True))
@settings(max_examples=200, deadline=None)
def test_granted_is_what_a_rule_grants(
    models: list[_Model], caller: _Caller, repository: tuple[str, ...], asked: list[str]
) -> None:
    rules = [model.rule() for model in models]
    found = granted(rules, caller.names(), "repository", "/".join(repository), asked)
    expected = [
        action
        for action in ACTIONS[:3]
        if (action in asked or "*" in asked) and any(model.grants(caller, repository, action) for model in models)
    ]
    assert found == expected


@given(st.lists(_models, min_size=2, max_size=2), _callers, _paths)
@settings(max_examples=200, deadline=None)
def test_shadowed_rule_grants_nothing_more(models: list[_Model], caller: _Caller, repository: tuple[str, ...]) -> None:
    rule, other = (model.rule() for model in models)
    if shadows(rule, other):
        name = "/".join(repository)
        assert set(granted([other], caller.names(), "repository", name, "*")) <= set(
            granted([rule], caller.names(), "repository", name, "*")
        )


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        (Rule("*", ("*",), ("pull",)), Rule("user:a", ("team/*",), ("pull",))),
        (Rule("user:a", ("team/*", "x"), ("pull", "push")), Rule("user:a", ("x", "team/b/*"), ("push",))),
        (Rule(f"{IAM}:role/ci/a", ("x",), ("pull",)), Rule(f"{IAM}:role/a", ("x",), ("pull",))),
        (Rule(f"{IAM}:role/*", ("x",), ("catalog",)), Rule(f"{IAM}:role/a-*", (), ("catalog",))),
    ],
)
def test_shadowed_rule_is_found(rule: Rule, other: Rule) -> None:
    assert shadows(rule, other)


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        (Rule("user:a", ("*",), ("pull",)), Rule("*", ("x",), ("pull",))),
        (Rule("user:a*", ("x",), ("pull",)), Rule("user:ab", ("x",), ("pull",))),
        (Rule("user:a", ("team/*",), ("pull",)), Rule("user:a", ("team/*", "x"), ("pull",))),
        (Rule("user:a", ("x",), ("pull",)), Rule("user:a", ("x",), ("pull", "push"))),
        (Rule(f"{IAM}:role/a-*", ("x",), ("pull",)), Rule(f"{IAM}:role/*", ("x",), ("pull",))),
    ],
)
def test_rule_that_grants_less_shadows_nothing(rule: Rule, other: Rule) -> None:
    assert not shadows(rule, other)
