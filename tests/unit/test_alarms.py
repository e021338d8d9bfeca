"""The alarms: what every one of them has, and the values that follow from the registry's arguments."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from components.pure.log_metrics import LOG_METRICS
from sandbox.evaluation.declared import Declaration, Resource
from tests.unit.helpers import FOLDER, Declare, all_dependencies, anchors

ALARM, RULE, TARGET = (
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
)
BUDGET = "aws:budgets/budget:Budget"
TOPIC = "arn:aws:sns:us-west-2:123456789012:ops"
RUNBOOK = "https://git.example.com/registry/docs/operations.md"


@pytest.fixture(scope="module")
def monitored(declare: Declare) -> Declaration:
    """A registry with all alarms, which go to an existing topic."""
    args = PrivateRegistryArgs(
        monitoring=True,
        alarm_topic_arn=TOPIC,
        runbook_url=RUNBOOK,
        desired_count=3,
        max_count=6,
        max_size=12,
        memory_limit=1024,
        images_growth_limit=100,
        monthly_budget=300,
        patch_schedule="cron(0 3 ? * SUN *)",
    )
    return declare(lambda: PrivateRegistry("images", args))


def alarm(declared: Declaration, name: str) -> Mapping[str, Any]:
    return declared.one(ALARM, f"images-{name}").inputs


def texts(declared: Declaration) -> dict[str, str]:
    """What a person reads of each alarm, by the alarm's name."""

    def name(resource: Resource) -> str:
        return resource.name.removeprefix("images-")

    return {name(each): each.inputs["alarmDescription"] for each in declared.all(ALARM)} | {
        name(each): each.inputs["inputTransformer"]["inputTemplate"] for each in declared.all(TARGET)
    }


def test_every_alarm_links_to_its_section_of_the_runbook(monitored: Declaration) -> None:
    found = texts(monitored)
    assert len(found) > 10
    assert {name: text for name, text in found.items() if f"{RUNBOOK}#{name}" not in text} == {}
    assert found.keys() - anchors((FOLDER / "docs" / "operations.md").read_text()) == set()


def test_every_alarm_tells_the_topic_when_it_begins_and_ends(monitored: Declaration) -> None:
    alarms = [each.inputs for each in monitored.all(ALARM)]
    assert all(each["alarmActions"] == each["okActions"] == [TOPIC] for each in alarms)
    assert {each.inputs["arn"] for each in monitored.all(TARGET)} == {TOPIC}


def test_every_alarm_watches_one_value(monitored: Declaration) -> None:
    """Source: PutMetricAlarm. Only one of the queries returns data, and its periods are within a week, or a day."""
    for each in monitored.all(ALARM):
        queries = each.inputs["metricQueries"]
        assert [query["returnData"] for query in queries].count(True) == 1
        for metric in (query["metric"] for query in queries if "metric" in query):
            longest = 86_400 if metric["period"] < 3600 else 7 * 86_400
            assert metric["period"] * each.inputs["evaluationPeriods"] <= longest
        assert len(each.inputs["alarmDescription"]) <= 1024


def test_thresholds_follow_the_arguments(monitored: Declaration) -> None:
    expected = {
        "too-few-healthy-targets": 3,
        "replicas-at-maximum": 6,
        "replica-memory": 320,  # 80 % of 1024 MiB, as a share of the 256 MiB that a replica reserves
        "images-grow": 100,
    }
    assert {name: alarm(monitored, name)["threshold"] for name in expected} == expected


def test_alarms_watch_metrics_that_the_log_has(monitored: Declaration) -> None:
    namespace = f"PrivateRegistry/{monitored.one('aws:cloudwatch/logGroup:LogGroup').outputs['name']}"
    queries = [query for each in monitored.all(ALARM) for query in each.inputs["metricQueries"]]
    of_log = [query["metric"] for query in queries if query.get("metric", {}).get("namespace") == namespace]
    assert len(of_log) == 3
    assert {metric["metricName"] for metric in of_log} <= {metric.name for metric in LOG_METRICS}


def test_alarms_of_options_that_are_off_do_not_exist(declare: Declare) -> None:
    declared = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(image="registry:3", monitoring=True)))
    names = {each.name.removeprefix("images-") for each in declared.all(ALARM)}
    assert names.isdisjoint({"replicas-at-maximum", "images-grow"})
    assert declared.all(BUDGET) == []


def test_nothing_watches_a_registry_by_default(declare: Declare) -> None:
    declared = declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(image="registry:3")))
    assert [each.type for each in declared.resources if each.type in (ALARM, RULE, TARGET, BUDGET)] == []


@pytest.mark.parametrize(
    ("arn", "metric", "expression"),
    [
        (None, "HealthyHostCount", r"\(\d{10} - EPOCH\(metric\)\) / 86400"),
        ("arn:aws:iam::123456789012:server-certificate/team/registry", "HealthyHostCount", r"\(\d{10} - EPOCH\(.*"),
        ("arn:aws:acm:us-west-2:123456789012:certificate/1a2b3c4d", "DaysToExpiry", "metric"),
    ],
    ids=["uploaded", "in IAM", "in ACM"],
)
@pytest.mark.parametrize("form", [str, pulumi.Output.from_input], ids=["plain", "Output"])
def test_days_of_a_certificate_are_counted(
    declare: Declare, arn: str | None, metric: str, expression: str, form: Callable[[str], Any]
) -> None:
    def program() -> None:
        certificate = {} if arn is None else {"domain": "registry.example.com", "certificate_arn": form(arn)}
        PrivateRegistry("images", PrivateRegistryArgs(image="registry:3", monitoring=True, **certificate))

    watched, value = alarm(declare(program), "certificate-ends")["metricQueries"]
    assert watched["metric"]["metricName"] == metric
    assert re.fullmatch(expression, value["expression"])


def test_budget_tells_the_topic_about_cost_and_forecast(monitored: Declaration) -> None:
    budget = monitored.one(BUDGET).inputs
    assert (budget["limitAmount"], budget["limitUnit"], budget["timeUnit"]) == ("300", "USD", "MONTHLY")
    assert [each["notificationType"] for each in budget["notifications"]] == ["FORECASTED", "ACTUAL"]
    assert all(each["subscriberSnsTopicArns"] == [TOPIC] for each in budget["notifications"])


def test_alarms_wait_for_the_service(monitored: Declaration) -> None:
    """Otherwise they go off while a registry is created, and while it is destroyed."""
    service = monitored.one("aws:ecs/service:Service").urn
    alarms = monitored.all(ALARM)
    assert [each.name for each in alarms if service not in all_dependencies(monitored, each)] == []
