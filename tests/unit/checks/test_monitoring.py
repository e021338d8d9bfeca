"""Problems with the options for alarms, and the warning that nobody gets them."""

from dataclasses import replace

import pytest

from components import PrivateRegistryArgs
from components.checks.arguments import problems
from components.checks.monitoring import subscription_warning
from components.problems import CONFIG, PYTHON, audience

REGION = "us-west-2"
TOPIC = f"arn:aws:sns:{REGION}:123456789012:ops"
MONITORED = PrivateRegistryArgs(monitoring=True)


@pytest.mark.parametrize(
    "args",
    [
        MONITORED,
        replace(MONITORED, alarm_email="ops+registry@mail.example.com", monthly_budget=1, images_growth_limit=1),
        replace(MONITORED, alarm_topic_arn=TOPIC),
    ],
)
def test_valid_options(args: PrivateRegistryArgs) -> None:
    assert problems(args, REGION) == []


@pytest.mark.parametrize(
    ("args", "key", "found", "example"),
    [
        (PrivateRegistryArgs(monthly_budget=5), "monitoring", "no alarms for `monthly_budget`", "monitoring=True"),
        (replace(MONITORED, alarm_email="ops"), "alarm_email", "'ops' is not an email address", "ops@example.com"),
        (
            replace(MONITORED, alarm_email="ops@example.com", alarm_topic_arn=TOPIC),
            *("alarm_email", "is set together with `alarm_topic_arn`", "leave out alarm_email"),
        ),
        (
            replace(MONITORED, alarm_topic_arn=TOPIC.replace(REGION, "us-east-1")),
            *("alarm_topic_arn", "alarms in us-west-2", "alarm_topic_arn='arn:aws:sns:us-west-2:"),
        ),
        (replace(MONITORED, alarm_topic_arn=f"{TOPIC}.fifo"), "alarm_topic_arn", "is not the ARN", "alarm_topic_arn="),
        (
            replace(MONITORED, images_growth_limit=-1),
            "images_growth_limit",
            "-1 is negative",
            "images_growth_limit=100",
        ),
        (replace(MONITORED, monthly_budget=-1), "monthly_budget", "-1 is negative", "monthly_budget=300"),
    ],
)
def test_invalid_option_is_one_problem(args: PrivateRegistryArgs, key: str, found: str, example: str) -> None:
    (problem,) = problems(args, REGION)
    heading, _, correction = problem.render(PYTHON).splitlines()
    assert (problem.key, found in heading, example in correction) == (key, True, True)


@pytest.mark.parametrize(
    ("args", "warns"),
    [
        (PrivateRegistryArgs(), False),
        (MONITORED, True),
        (replace(MONITORED, alarm_email="ops@example.com"), False),
        (replace(MONITORED, alarm_topic_arn=TOPIC), False),
    ],
)
def test_warning_only_if_nobody_gets_the_alarms(args: PrivateRegistryArgs, warns: bool) -> None:
    token = audience.set(CONFIG)
    try:
        warning = subscription_warning(args)
    finally:
        audience.reset(token)
    assert ("pulumi config set registry:alarmEmail ops@example.com" in (warning or "")) == warns
