"""The tables of docs/costs.md follow from what is declared, and no resource is left out of them."""

from typing import Any

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration, Resource
from scripts.billed import billed
from scripts.costs import generated
from tests.unit.helpers import Declare


def test_page_is_up_to_date() -> None:
    for page, content in generated().items():
        if page.read_text() != content:
            pytest.fail(f"{page.name} does not follow from the declarations and scripts/prices.py: make generate")


def test_resource_without_a_known_price_is_an_error() -> None:
    with pytest.raises(LookupError, match="aws:rds/instance:Instance is not known"):
        billed(_declaration("aws:rds/instance:Instance", {}))


def test_instance_type_without_a_price_is_an_error(declare: Declare) -> None:
    args = PrivateRegistryArgs(image="registry:3", instance_type="m7i.large")
    with pytest.raises(LookupError, match=r"lacks the price of m7i\.large"):
        billed(declare(lambda: PrivateRegistry("images", args)))


def test_alarm_on_an_expression_is_billed_per_metric() -> None:
    metric = {"metricName": "RequestCount", "namespace": "AWS/ApplicationELB", "period": 60, "stat": "Sum"}
    queries = [
        {"id": "share", "expression": "failed / all"},
        *({"id": id_, "metric": metric} for id_ in ("failed", "all")),
    ]
    alarm = _declaration("aws:cloudwatch/metricAlarm:MetricAlarm", {"metricQueries": queries})
    assert billed(alarm) == {"alarm": 2}


def _declaration(type_: str, inputs: dict[str, Any]) -> Declaration:
    return Declaration((Resource(urn="urn", type=type_, name="one", parent="", inputs=inputs, outputs={}),), {})
