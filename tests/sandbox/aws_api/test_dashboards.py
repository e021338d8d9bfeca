"""Dashboards in the emulated AWS API, and the metrics of S3 that they show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

_METRIC = ["AWS/S3", "AllRequests", "BucketName", "images", {"stat": "Sum"}]
_GRAPH = {"type": "metric", "properties": {"region": "us-west-2", "metrics": [_METRIC]}}
_ALARMS = {"type": "alarm", "properties": {"alarms": ["arn:aws:cloudwatch:us-west-2:123456789012:alarm:errors"]}}
_TABLE = {"type": "log", "properties": {"region": "us-west-2", "query": "SOURCE 'registry' | limit 1"}}


def put_dashboard(aws: Callable[[str], Any], *widgets: dict[str, Any], name: str = "registry") -> None:
    aws("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=json.dumps({"widgets": widgets}))


def test_valid_dashboard_is_accepted(aws: Callable[[str], Any]) -> None:
    put_dashboard(aws, _GRAPH, _ALARMS, {**_TABLE, "x": 0, "y": 6, "width": 24, "height": 6})


@pytest.mark.parametrize(
    "widget",
    [
        {"type": "metric", "properties": {"metrics": [_METRIC]}},
        {"type": "metric", "properties": {"region": "us-west-2"}},
        {"type": "log", "properties": {"region": "us-west-2"}},
        {"type": "graph", "properties": {}},
        {**_GRAPH, "width": 25},
        {**_GRAPH, "x": 24},
        {"type": "metric", "properties": {"region": "us-west-2", "metrics": [["AWS/S3", "AllRequests", "BucketName"]]}},
    ],
    ids=[
        "no region",
        "no metrics",
        "no query",
        "unknown type",
        "too wide",
        "beside the grid",
        "dimension without value",
    ],
)
def test_invalid_widget_is_refused(aws: Callable[[str], Any], widget: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match=r"InvalidParameterInput.* there are 1 validation errors"):
        put_dashboard(aws, widget)


def test_invalid_name_of_a_dashboard_is_refused(aws: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        put_dashboard(aws, _GRAPH, name="my registry")


def test_bucket_keeps_its_metrics_configuration(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    place = {"Bucket": "images", "Id": "requests"}
    s3.create_bucket(Bucket="images", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_bucket_metrics_configuration(**place, MetricsConfiguration={"Id": "requests"})
    assert s3.get_bucket_metrics_configuration(**place)["MetricsConfiguration"] == {"Id": "requests"}
    s3.delete_bucket_metrics_configuration(**place)
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(**place)
