"""The dashboard."""

import json
from typing import Any

import pytest

from components.dashboard import Dashboard, DashboardArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import OREGON, Declare

ARGS = DashboardArgs(
    location=OREGON,
    load_balancer_arn_suffix="app/net-alb/1",
    target_group_arn_suffix="targetgroup/net-tg/2",
    cluster_name="net-cluster",
    service_name="net-service",
    auto_scaling_group_name="net-instances",
    images_bucket="net-images",
    log_group_name="net-log",
    alarm_arns=["arn:alarm"],
)
DASHBOARD, REQUESTS = "aws:cloudwatch/dashboard:Dashboard", "aws:s3/bucketMetric:BucketMetric"


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Declaration:
    return declare(lambda: Dashboard("net", ARGS))


@pytest.fixture(scope="module")
def widgets(declared: Declaration) -> list[dict[str, Any]]:
    return json.loads(declared.one(DASHBOARD).inputs["dashboardBody"])["widgets"]


def metrics(widgets: list[dict[str, Any]]) -> list[list[Any]]:
    return [metric for widget in widgets for metric in widget["properties"].get("metrics", [])]


def test_dashboard_has_the_name_of_the_cluster(declared: Declaration) -> None:
    assert declared.one(DASHBOARD).inputs["dashboardName"] == "net-cluster"


def test_widgets_fill_the_grid(widgets: list[dict[str, Any]]) -> None:
    cells = [
        (x, y)
        for widget in widgets
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells)) == 24 * (max(y for _, y in cells) + 1)


def test_alarms_come_first(widgets: list[dict[str, Any]]) -> None:
    assert (widgets[0]["type"], widgets[0]["properties"]["alarms"]) == ("alarm", ["arn:alarm"])


def test_every_metric_has_the_dimensions_of_its_namespace(widgets: list[dict[str, Any]], declared: Declaration) -> None:
    """Source: the pages of each service on its CloudWatch metrics. A metric with other dimensions has no data."""
    balancer = {"LoadBalancer": "app/net-alb/1"}
    known = {
        "AWS/ApplicationELB": [balancer, {"TargetGroup": "targetgroup/net-tg/2", **balancer}],
        "AWS/AutoScaling": [{"AutoScalingGroupName": "net-instances"}],
        "AWS/EC2": [{"AutoScalingGroupName": "net-instances"}],
        "AWS/ECS": [{"ClusterName": "net-cluster", "ServiceName": "net-service"}],
        "AWS/S3": [
            {"BucketName": "net-images", "FilterId": declared.one(REQUESTS).outputs["name"]},
            {"BucketName": "net-images", "StorageType": "StandardStorage"},
        ],
        "PrivateRegistry/net-log": [{}],
    }
    found: dict[str, list[dict[str, str]]] = {}
    for namespace, _, *dimensions, _ in metrics(widgets):
        values = dict(zip(dimensions[::2], dimensions[1::2], strict=True))
        found.setdefault(namespace, [])
        found[namespace] += [] if values in found[namespace] else [values]
    assert found == known


def test_s3_reports_the_requests_to_the_images_bucket(declared: Declaration) -> None:
    assert declared.one(REQUESTS).inputs["bucket"] == "net-images"
    assert "filter" not in declared.one(REQUESTS).inputs


def test_table_reads_the_log(widgets: list[dict[str, Any]]) -> None:
    (table,) = [widget for widget in widgets if widget["type"] == "log"]
    assert table["properties"]["query"].startswith("SOURCE 'net-log' | filter ")
