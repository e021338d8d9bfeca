"""Problems with the retention rules."""

from dataclasses import replace

import pytest

from components import PrivateRegistryArgs, RetentionRule
from components.checks.arguments import problems
from components.problems import CONFIG

RULE = RetentionRule(repositories=["team/*"], keep_newest=10)
VALID = PrivateRegistryArgs(retention=[RULE])


@pytest.mark.parametrize(
    "rule",
    [
        RULE,
        replace(RULE, repositories=["*", "a", "team/app-2", "team_a.b/c__d", "*/cache"]),
        replace(RULE, keep_tags=["*", "v1.*", "Release_2", "*-rc"]),
        replace(RULE, keep_pulled_days=30),
    ],
)
def test_valid_rules(rule: RetentionRule) -> None:
    assert problems(PrivateRegistryArgs(retention=[rule], retention_apply=True), "us-west-2") == []


@pytest.mark.parametrize("time", ["cron(0 2 * * ? *)", "cron(0 7 * * ? *)"])
def test_garbage_collection_between_two_runs(time: str) -> None:
    """It begins three hours after the one, and ends two hours later, when the other begins."""
    args = replace(VALID, retention_apply=True, retention_schedule=time, garbage_collection="cron(0 5 ? * SUN *)")
    assert problems(args, "us-west-2") == []


@pytest.mark.parametrize(
    ("args", "key", "found"),
    [
        (PrivateRegistryArgs(retention_apply=True), "retention_apply", "there are no rules"),
        (PrivateRegistryArgs(retention=[]), "retention", "has no rules"),
        (replace(VALID, upstream="https://registry-1.docker.io"), "retention", "pull-through cache"),
        (replace(VALID, retention_schedule="rate(1 day)"), "retention_schedule", "'rate(1 day)'"),
        (replace(VALID, retention_schedule="cron(* 4 * * ? *)"), "retention_schedule", "'cron(* 4 * * ? *)'"),
        *(
            (
                replace(VALID, retention_apply=True, retention_schedule=time, garbage_collection="cron(0 5 ? * SUN *)"),
                "retention_schedule",
                "may delete images during the garbage collection",
            )
            for time in ("cron(1 2 * * ? *)", "cron(0 5 1 * ? *)", "cron(59 6 * * ? *)")
        ),
        (replace(VALID, retention=[replace(RULE, repositories=[])]), "retention[0].repositories", "is empty"),
        (replace(VALID, retention=[replace(RULE, repositories=["Team/*"])]), "retention[0].repositories", "'Team/*'"),
        (replace(VALID, retention=[RULE, replace(RULE, keep_tags=["v 1"])]), "retention[1].keep_tags", "'v 1'"),
        (replace(VALID, retention=[replace(RULE, keep_days=-1)]), "retention[0].keep_days", "-1 is negative"),
        (replace(VALID, retention=[replace(RULE, keep_newest=0)]), "retention[0]", "keeps nothing"),
        (
            replace(VALID, retention=[replace(RULE, keep_pulled_days=31)]),
            "retention[0].keep_pulled_days",
            "kept for 30",
        ),
        (replace(VALID, retention=[replace(RULE, repositories=["a" * 200] * 20)]), "retention", "bytes as JSON"),
    ],
)
def test_rules_that_cannot_be_used(args: PrivateRegistryArgs, key: str, found: str) -> None:
    [problem] = problems(args, "us-west-2")
    assert problem.key == key
    assert found in problem.found


def test_problem_names_the_part_as_the_reader_spells_it() -> None:
    rules = [RULE, replace(RULE, keep_pulled_days=90)]
    [problem] = problems(PrivateRegistryArgs(retention=rules), "us-west-2")
    assert problem.render(CONFIG) == (
        "registry:retention[1].keepPulledDays: 90 days, but the log with the pulls is kept for 30\n"
        "      allowed: at most `logRetentionDays`\n"
        "      example: pulumi config set registry:logRetentionDays 365"
    )
