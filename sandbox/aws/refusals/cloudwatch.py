"""Calls that CloudWatch refuses."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from sandbox.aws.patching import refuses

_HOUR, _DAY = 60 * 60, 24 * 60 * 60


@refuses(CloudWatchBackend, "put_metric_alarm", "ValidationError")
def _long_description(_backend: Any, description: str | None) -> str | None:
    """Source: CloudWatch API Reference, "PutMetricAlarm", AlarmDescription."""
    if len(description or "") > 1024:
        return "Value at 'alarmDescription' failed to satisfy constraint: Member must have length <= 1024"
    return None


@refuses(CloudWatchBackend, "put_metric_alarm", "ValidationError")
def _long_evaluation(_backend: Any, evaluation_periods: int, period: int, metric_data_queries: Any) -> str | None:
    """Source: CloudWatch API Reference, "PutMetricAlarm", EvaluationPeriods and Period."""
    stats = [query.metric_stat for query in metric_data_queries or () if query.metric_stat]
    for seconds in [int(stat.period) for stat in stats] or [int(period or 0)]:
        longest = _DAY if seconds < _HOUR else 7 * _DAY
        if seconds * int(evaluation_periods) > longest:
            return f"Metrics cannot be checked across more than {longest} seconds (EvaluationPeriods * Period)"
    return None


@refuses(CloudWatchBackend, "put_metric_alarm", "ValidationError")
def _number_of_values(_backend: Any, metric_data_queries: Any) -> str | None:
    """Source: CloudWatch API Reference, "MetricDataQuery", ReturnData."""
    if metric_data_queries and sum(query.return_data in (True, "true") for query in metric_data_queries) != 1:
        return "Exactly one element of the metrics list should return data."
    return None
