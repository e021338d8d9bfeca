"""Gaps of moto's CloudWatch Logs: queries, saved queries, and changed metric filters."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.models import LogsBackend
from moto.logs.responses import LogsResponse

from sandbox.aws.logs_insights import run
from sandbox.aws.patching import around, method_of


@around(LogsBackend, "start_query")
def _run_any_query(
    start: Callable[..., str],
    backend: Any,
    log_group_names: list[str],
    start_time: int,
    end_time: int,
    query_string: str,
) -> str:
    """Run the query with the evaluator of this package. moto knows only the commands fields, sort and limit.

    A row of a result lacks the fields that have no value (CloudWatch Logs API Reference, "GetQueryResults").
    """
    id_ = start(backend, log_group_names, start_time, end_time, "fields @message")
    query = backend.queries[id_]
    rows = run(query_string, [found["@message"] for found in query.results])
    query.query, query.results = (
        query_string,
        [{field: value for field, value in row.items() if value is not None} for row in rows],
    )
    return id_


@method_of(LogsResponse)
def put_query_definition(response: Any) -> str:
    """Create a saved query, or replace the one with the id.

    Source: CloudWatch Logs API Reference, "PutQueryDefinition".
    """
    definitions, id_ = _query_definitions(response), response._get_param("queryDefinitionId")
    if id_ and id_ not in definitions:
        raise ResourceNotFoundException("The specified query definition does not exist.")
    id_ = id_ or str(uuid.uuid4())
    definitions[id_] = {
        "queryDefinitionId": id_,
        "queryLanguage": response._get_param("queryLanguage") or "CWLI",
        "name": response._get_param("name"),
        "queryString": response._get_param("queryString"),
        "logGroupNames": response._get_param("logGroupNames") or [],
        "lastModified": int(time.time() * 1000),
    }
    return json.dumps({"queryDefinitionId": id_})


@method_of(LogsResponse)
def describe_query_definitions(response: Any) -> str:
    """Source: CloudWatch Logs API Reference, "DescribeQueryDefinitions"."""
    prefix = response._get_param("queryDefinitionNamePrefix") or ""
    found = [each for each in _query_definitions(response).values() if each["name"].startswith(prefix)]
    return json.dumps({"queryDefinitions": found})


@method_of(LogsResponse)
def delete_query_definition(response: Any) -> str:
    """Source: CloudWatch Logs API Reference, "DeleteQueryDefinition"."""
    if not _query_definitions(response).pop(response._get_param("queryDefinitionId"), None):
        raise ResourceNotFoundException("The specified query definition does not exist.")
    return json.dumps({"success": True})


@around(LogsBackend, "put_metric_filter")
def _replace_the_filter(put: Callable[..., None], backend: Any, filter_name: str, *args: Any, **kwargs: Any) -> None:
    """A metric filter's name is unique in its log group: another one takes its place. moto keeps both.

    Source: CloudWatch Logs API Reference, "PutMetricFilter".
    """
    put(backend, filter_name, *args, **kwargs)
    *earlier, new = backend.filters.metric_filters
    backend.filters.metric_filters = [*(each for each in earlier if _place(each) != _place(new)), new]


def _place(metric_filter: dict[str, Any]) -> tuple[str, str]:
    return metric_filter["logGroupName"], metric_filter["filterName"]


def _query_definitions(response: Any) -> dict[str, dict[str, Any]]:
    return response.logs_backend.__dict__.setdefault("query_definitions", {})
