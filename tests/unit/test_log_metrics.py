"""Metrics and saved queries of the log."""

from components.log_metrics import LogMetrics, LogMetricsArgs
from components.log_queries import LogQueries, LogQueriesArgs
from components.pure.log_metrics import LOG_METRICS
from components.pure.log_queries import LOG_QUERIES
from tests.unit.helpers import Declare


def test_each_metric_is_in_the_namespace_of_the_log_group(declare: Declare) -> None:
    filters = declare(lambda: LogMetrics("net", LogMetricsArgs(log_group_name="net-log-1"))).all(
        "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    )
    assert {each.inputs["logGroupName"] for each in filters} == {"net-log-1"}
    transformations = [each.inputs["metricTransformation"] for each in filters]
    assert [each["name"] for each in transformations] == [metric.name for metric in LOG_METRICS]
    assert {each["namespace"] for each in transformations} == {"PrivateRegistry/net-log-1"}
    # Without a default of 0, a quiet minute would have no data.
    assert {(each["value"], each["defaultValue"]) for each in transformations} == {("1", "0")}


def test_queries_are_in_a_folder_of_the_log_group(declare: Declare) -> None:
    args = LogQueriesArgs(log_group_name="net-log-1", queries=LOG_QUERIES)
    queries = declare(lambda: LogQueries("net", args)).all("aws:cloudwatch/queryDefinition:QueryDefinition")
    assert [each.inputs["name"] for each in queries] == [f"net-log-1/{query.name}" for query in LOG_QUERIES]
    assert all(each.inputs["logGroupNames"] == ["net-log-1"] for each in queries)
