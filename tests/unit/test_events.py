"""Events as AWS documents them: which rule each one matches, and the message that the rule makes of it.

aws_events.json has their documented structure, with GROUP and SERVICE for the names of the registry's resources.
Sources: Amazon EC2 Auto Scaling User Guide, "Amazon EC2 Auto Scaling event reference"; Amazon ECS Developer Guide,
"Amazon ECS service deployment state change events". The values of an abandoned launch are those of a published
notification.
"""

from __future__ import annotations

import json
import operator
import re
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
TEXT = Path(__file__).with_name("aws_events.json").read_text()
MATCHES = {
    "abandoned launch": ["launch-failed"],
    "refused launch": ["launch-failed"],
    "launch": [],
    "failed refresh": ["instance-refresh-failed"],
    "cancelled refresh": ["instance-refresh-failed"],
    "refresh": [],
    "failed deployment": ["deployment-failed"],
    "deployment": [],
}


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Declaration:
    return declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(monitoring=True)))


def sample(name: str, *, group: str, service: str) -> dict[str, Any]:
    event = json.loads(TEXT.replace('"SERVICE"', f'"{service}"').replace("GROUP", group))[name]
    return {"version": "0", "account": "123456789012", "region": "us-west-2", "time": "2026-01-31T12:00:00Z", **event}


def matching(declared: Declaration, event: Any) -> list[str]:
    """The rules that match an event, without the registry's name."""
    rules = {rule.name.removeprefix("images-"): rule.inputs["eventPattern"] for rule in declared.all(RULE)}
    return [name for name, pattern in rules.items() if EventPattern.load(pattern).matches_event(event)]


def message(declared: Declaration, rule: str, event: Any) -> list[str]:
    """The lines that a rule's target makes of an event."""
    transformer = declared.one(TARGET, f"images-{rule}").inputs["inputTransformer"]
    values = {
        word: reduce(operator.getitem, path.removeprefix("$.").split("."), event)
        for word, path in transformer["inputPaths"].items()
    }
    lines = [json.loads(line) for line in transformer["inputTemplate"].splitlines()]
    return [re.sub(r"<(\w+)>", lambda found: values[found[1]], line) for line in lines]


@pytest.mark.parametrize("name", MATCHES)
def test_event_matches_its_rule_only(declared: Declaration, name: str) -> None:
    group = declared.one("aws:autoscaling/group:Group").outputs["name"]
    service = declared.one("aws:ecs/cluster:Cluster").outputs["arn"].replace(":cluster/", ":service/") + "/registry"
    assert matching(declared, sample(name, group=group, service=service)) == MATCHES[name]
    assert (
        matching(
            declared,
            sample(name, group="other-group", service="arn:aws:ecs:us-west-2:123456789012:service/other/registry"),
        )
        == []
    )


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("abandoned launch", "reason: Instance failed to complete user's Lifecycle Action: "),
        ("cancelled refresh", "event: EC2 Auto Scaling Instance Refresh Cancelled"),
        ("failed deployment", "reason: ECS deployment circuit breaker: "),
    ],
)
def test_message_has_the_runbook_and_the_reason(declared: Declaration, name: str, detail: str) -> None:
    (rule,) = MATCHES[name]
    first, *details = message(declared, rule, sample(name, group="group", service="service"))
    assert first.endswith(f"What to do: docs/operations.md#{rule}")
    assert any(line.startswith(detail) for line in details)
