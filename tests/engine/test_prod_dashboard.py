"""The prod stack's dashboard, and the metrics and queries of its log, as the AWS API describes them."""

from __future__ import annotations

import json

from components.pure.log_metrics import LOG_METRICS, log_metrics_namespace
from components.pure.log_queries import COLLECTED_QUERIES, LOG_QUERIES
from tests.engine.queries import auto_scaling_group
from tests.engine.stacks import DeployedStack


def log_group(prod: DeployedStack) -> str:
    return prod.declaration.one("aws:cloudwatch/logGroup:LogGroup", "registry-log").outputs["name"]


def test_log_has_its_metrics(prod: DeployedStack) -> None:
    filters = prod.aws("logs").describe_metric_filters(logGroupName=log_group(prod))["metricFilters"]
    assert {each["filterPattern"] for each in filters} == {metric.pattern for metric in LOG_METRICS}
    transformations = [transformation for each in filters for transformation in each["metricTransformations"]]
    assert {each["metricName"] for each in transformations} == {metric.name for metric in LOG_METRICS}
    assert {each["metricNamespace"] for each in transformations} == {log_metrics_namespace(log_group(prod))}
    assert {float(each["defaultValue"]) for each in transformations} == {0.0}


def test_log_has_its_queries(prod: DeployedStack) -> None:
    folder = f"{log_group(prod)}/"
    queries = prod.aws("logs").describe_query_definitions(queryDefinitionNamePrefix=folder)["queryDefinitions"]
    assert {each["name"].removeprefix(folder): each["queryString"] for each in queries} == {
        query.name: query.text for query in (*LOG_QUERIES, *COLLECTED_QUERIES)
    }


def test_dashboard_shows_what_exists(prod: DeployedStack) -> None:
    name = prod.declaration.exports["clusterName"]
    body = json.loads(prod.aws("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    metrics = [metric for widget in body["widgets"] for metric in widget["properties"].get("metrics", [])]
    values = {value for _, _, *dimensions, _ in metrics for value in dimensions[1::2]}
    bucket = prod.declaration.one("aws:s3/bucket:Bucket", "registry-images").id
    balancer = prod.declaration.one("aws:lb/loadBalancer:LoadBalancer").outputs["arnSuffix"]
    group = auto_scaling_group(prod.aws)
    assert {name, bucket, balancer, group["AutoScalingGroupName"]} <= values
    assert [metric["Metric"] for metric in group["EnabledMetrics"]] == ["GroupInServiceInstances"]
    s3_filters = {dimensions[3] for _, _, *dimensions, _ in metrics if dimensions[2:3] == ["FilterId"]}
    assert s3_filters == {prod.declaration.one("aws:s3/bucketMetric:BucketMetric").outputs["name"]}
    assert prod.aws("s3").get_bucket_metrics_configuration(Bucket=bucket, Id=s3_filters.pop())


def test_cluster_has_container_insights(prod: DeployedStack) -> None:
    name = prod.declaration.exports["clusterName"]
    [cluster] = prod.aws("ecs").describe_clusters(clusters=[name], include=["SETTINGS"])["clusters"]
    assert cluster["settings"] == [{"name": "containerInsights", "value": "enabled"}]
