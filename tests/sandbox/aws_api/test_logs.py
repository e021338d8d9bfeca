"""CloudWatch Logs in the emulated AWS API: saved queries, metric filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.pure.log_metrics import LOG_METRICS

_TRANSFORMATION = {"metricName": "Errors", "metricNamespace": "Test", "metricValue": "1"}


@pytest.fixture
def logs(aws: Callable[[str], Any]) -> Any:
    """CloudWatch Logs with one log group."""
    client = aws("logs")
    client.create_log_group(logGroupName="registry")
    return client


def put_filter(logs: Any, pattern: str, *, log_group: str = "registry") -> None:
    logs.put_metric_filter(
        logGroupName=log_group, filterName="errors", filterPattern=pattern, metricTransformations=[_TRANSFORMATION]
    )


def test_query_is_saved_changed_and_deleted(logs: Any) -> None:
    query = {"name": "registry/errors", "queryString": "limit 1", "logGroupNames": ["registry"]}
    id_ = logs.put_query_definition(**query)["queryDefinitionId"]
    assert logs.put_query_definition(**query, queryDefinitionId=id_)["queryDefinitionId"] == id_
    (saved,) = logs.describe_query_definitions(queryDefinitionNamePrefix="registry/")["queryDefinitions"]
    assert query.items() <= saved.items()
    assert logs.describe_query_definitions(queryDefinitionNamePrefix="other/")["queryDefinitions"] == []
    assert logs.delete_query_definition(queryDefinitionId=id_)["success"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        logs.delete_query_definition(queryDefinitionId=id_)


def test_metric_filter_is_replaced_by_one_with_its_name(logs: Any) -> None:
    for pattern in ("{ $.status = 500 }", "{ $.status >= 500 }"):
        put_filter(logs, pattern)
    (found,) = logs.describe_metric_filters(logGroupName="registry")["metricFilters"]
    assert found["filterPattern"] == "{ $.status >= 500 }"


def test_metric_filter_of_a_missing_log_group_is_refused(logs: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        put_filter(logs, "{ $.status = 500 }", log_group="other")


@pytest.mark.parametrize("metric", LOG_METRICS, ids=lambda metric: metric.name)
def test_declared_patterns_are_accepted(logs: Any, metric: Any) -> None:
    put_filter(logs, metric.pattern)


@pytest.mark.parametrize(
    "pattern", ['{ $.["err.detail"] = "s3aws: *" }', "{ $.status = }", "{ $.a = 1 & $.b = 2 }", '{ $.a > "b" }', "{"]
)
def test_invalid_pattern_is_refused(logs: Any, pattern: str) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        put_filter(logs, pattern)
