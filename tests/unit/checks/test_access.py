"""Problems with rules."""

from dataclasses import replace
from typing import Any

import pulumi
import pytest

from components import AccessRule, PrivateRegistryArgs
from components.checks.arguments import problems
from components.problems import CONFIG, PYTHON, SCHEMA

REGION = "us-west-2"
ROLE = "arn:aws:iam::123456789012:role/deployer"
PULL = AccessRule(who=ROLE, repositories=["*"], actions=["pull"])


def with_rules(*rules: AccessRule, **more: Any) -> PrivateRegistryArgs:
    return PrivateRegistryArgs(access=rules, **more)


def found(args: PrivateRegistryArgs, region: str = REGION) -> list[tuple[str, str]]:
    return [(problem.key, problem.found) for problem in problems(args, region)]


def rule(who: str = ROLE, repositories: Any = ("*",), actions: Any = ("pull",)) -> AccessRule:
    return AccessRule(who=who, repositories=repositories, actions=actions)


@pytest.mark.parametrize(
    "args",
    [
        with_rules(PULL),
        with_rules(PULL, rule("*", ["base/*"])),
        with_rules(rule("arn:aws:iam::999999999999:user/people/alice")),
        with_rules(rule("arn:aws:iam::123456789012:role/team-*", ["team/*"], ["pull", "push"])),
        with_rules(rule(actions=["pull", "push", "delete", "catalog"]), deletes=True),
        with_rules(rule(repositories=[], actions=["catalog"])),
        with_rules(rule("user:docker")),
        with_rules(rule("user:alice"), users={"alice": "lantern orbit velvet canyon drum"}),
        with_rules(rule(actions=["pull", "catalog"]), upstream="https://quay.io"),
        with_rules(PULL, token_signer=7, token_concurrency=0),
    ],
)
def test_rules_that_can_be_used(args: PrivateRegistryArgs) -> None:
    assert found(args) == []


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("deployer", "is not the ARN of an IAM role or user"),
        ("arn:aws:iam::123456789012:role/deployer*", "has a `*` where it may not be"),
        ("arn:aws:iam::*:role/deployer", "only the name may have a `*`"),
        ("arn:aws:iam::123456789012:role/team/*", "does not tell the path of a role"),
        ("arn:aws:sts::123456789012:assumed-role/deployer/session", "is not the ARN of an IAM role or user"),
        ("arn:aws-cn:iam::123456789012:role/deployer", "is in another partition than us-west-2"),
        ("user:", "names no user"),
        ("user:bob", "is none of `users`"),
    ],
)
def test_who_that_can_never_match_is_a_problem(who: str, text: str) -> None:
    [(key, problem)] = found(with_rules(PULL, rule(who, ["other"])))
    assert key == "access[1].who"
    assert repr(who) in problem
    assert text in problem


@pytest.mark.parametrize(
    ("changed", "part", "text"),
    [
        (rule("*", actions=["pull", "push"]), "who", "may only pull"),
        (rule("*", [], ["catalog"]), "who", "may only pull"),
        (rule(repositories=["team*"]), "repositories", "has a `*` where it may not be"),
        (rule(repositories=["Team/app"]), "repositories", "is no repository name"),
        (rule(repositories=[]), "repositories", "is empty, so the rule allows nothing"),
        (rule(actions=["catalog"]), "repositories", "lists all repositories, whatever these are"),
        (rule(actions=["write"]), "actions", "has unknown ones: 'write'"),
        (rule(actions=[]), "actions", "is empty"),
        (rule(actions=["pull", "delete"]), "actions", "unless `deletes` is on"),
    ],
)
def test_part_of_a_rule_that_cannot_be_used_is_a_problem(changed: AccessRule, part: str, text: str) -> None:
    [(key, problem)] = found(with_rules(changed))
    assert key == f"access[0].{part}"
    assert text in problem


def test_cache_takes_no_pushes() -> None:
    [(key, problem)] = found(with_rules(rule(actions=["pull", "push"]), upstream="https://quay.io"))
    assert (key, "a pull-through cache refuses" in problem) == ("access[0].actions", True)


@pytest.mark.parametrize(
    ("rules", "spare"),
    [
        ([PULL, rule(repositories=["team/*"])], ["access[1]"]),
        ([rule(repositories=["team/*"]), PULL], ["access[0]"]),
        ([PULL, PULL], ["access[1]"]),
        ([rule("*"), rule(repositories=["a"]), rule(repositories=["b"])], ["access[1]", "access[2]"]),
        ([PULL, rule(repositories=["team/*"], actions=["pull", "push"])], []),
        ([rule("arn:aws:iam::123456789012:role/*"), PULL], ["access[1]"]),
    ],
)
def test_shadowed_rule_is_a_problem(rules: list[AccessRule], spare: list[str]) -> None:
    assert [key for key, _ in found(with_rules(*rules))] == spare


def test_access_without_rules_is_a_problem() -> None:
    assert found(with_rules()) == [("access", "has no rule, so nobody could do anything")]


def test_htpasswd_cannot_be_used_with_rules() -> None:
    [(key, problem)] = found(with_rules(PULL, htpasswd=f"alice:$2y$10${'a' * 53}"))
    assert (key, "cannot verify bcrypt hashes" in problem) == ("htpasswd", True)


def test_user_cannot_have_the_name_of_logins_by_aws_identity() -> None:
    users = {"aws": "lantern orbit velvet canyon drum"}
    assert [key for key, _ in found(with_rules(PULL, users=users))] == ["users"]
    assert found(PrivateRegistryArgs(users=users)) == []


@pytest.mark.parametrize(("name", "value"), [("token_signer", 0), ("token_concurrency", -1)])
def test_number_that_is_too_small_is_a_problem(name: str, value: int) -> None:
    assert [key for key, _ in found(replace(with_rules(PULL), **{name: value}))] == [name]


def test_all_problems_of_all_rules_are_found_at_once() -> None:
    args = with_rules(rule("deployer", ["Team"], ["write"]), rule("*", [], ["push"]), htpasswd="")
    keys = [key for key, _ in found(args)]
    assert sorted(keys) == sorted(
        [
            *("htpasswd", "htpasswd", "access[0].who", "access[0].repositories", "access[0].actions"),
            *("access[1].who", "access[1].repositories"),
        ]
    )


def test_value_that_is_not_known_yet_is_no_problem() -> None:
    unknown = pulumi.Output.from_input(ROLE)
    assert found(with_rules(AccessRule(who=unknown, repositories=["*"], actions=["pull"]), users=unknown)) == []


def test_example_sets_the_part_for_each_reader() -> None:
    [problem] = problems(with_rules(rule("deployer")), REGION)
    assert [problem.render(to).splitlines()[-1].strip() for to in (PYTHON, SCHEMA, CONFIG)] == [
        f"example: who='{ROLE}'",
        f'example: access[0].who: "{ROLE}"',
        f"example: pulumi config set --path 'registry:access[0].who' {ROLE}",
    ]
