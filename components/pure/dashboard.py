"""The body of the CloudWatch dashboard.

Source: CloudWatch API Reference, "Dashboard Body Structure and Syntax".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .container import MEMORY_RESERVATION
from .log_metrics import log_metrics_namespace
from .log_queries import HOURLY_TRAFFIC

_COLUMNS, _GRAPH_ROWS = 24, 6
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

_Dimensions = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class DashboardSettings:
    """The names that the dashboard's metrics have as dimensions, and its alarms.

    Attributes:
        region: the region of all metrics.
        load_balancer: the end of the load balancer's ARN, from "app/" on.
        target_group: the end of the target group's ARN, from "targetgroup/" on.
        cluster: the ECS cluster's name.
        service: the ECS service's name.
        auto_scaling_group: the Auto Scaling group's name. The group must collect its metrics.
        images_bucket: the images bucket's name.
        images_filter: the id of the metrics configuration of the images bucket.
        log_group: the name of the registry's log group.
        alarms: the ARNs of the alarms.
    """

    region: str
    load_balancer: str
    target_group: str
    cluster: str
    service: str
    auto_scaling_group: str
    images_bucket: str
    images_filter: str
    log_group: str
    alarms: Sequence[str]


@dataclass(frozen=True)
class _Metric:
    """A line of a graph: a metric's name and dimensions, its statistic, and its label."""

    namespace: str
    name: str
    dimensions: _Dimensions
    stat: str
    label: str

    def as_array(self) -> list[Any]:
        """Return the metric as the dashboard's body has it."""
        dimensions = [part for dimension in self.dimensions.items() for part in dimension]
        return [self.namespace, self.name, *dimensions, {"stat": self.stat, "label": self.label}]


def dashboard_body(settings: DashboardSettings) -> dict[str, Any]:
    """Return the dashboard: alarms, what clients see, what serves them, S3, and the log."""
    rows = (
        [_alarms(settings)],
        [_requests(settings), _latency(settings), _errors(settings)],
        [_replicas(settings), _processor(settings), _memory(settings)],
        [_s3_requests(settings), _s3_latency(settings), _images(settings)],
        [_traffic(settings), _failures(settings)],
        [_traffic_by_repository(settings)],
    )
    # Each graph keeps its period, which its title names. Otherwise the period depends on the time that is shown.
    return {"start": "-P1D", "periodOverride": "inherit", "widgets": list(_placed(rows))}


def _placed(rows: Sequence[Sequence[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Place the widgets of each row side by side, with the same width."""
    y = 0
    for row in rows:
        width = _COLUMNS // len(row)
        yield from ({"x": place * width, "y": y, "width": width, **widget} for place, widget in enumerate(row))
        y += row[0]["height"]


def _alarms(settings: DashboardSettings) -> dict[str, Any]:
    return {
        "type": "alarm",
        "height": _GRAPH_ROWS // 2,
        "properties": {"title": "Alarms", "alarms": settings.alarms},
    }


def _graph(settings: DashboardSettings, title: str, *metrics: _Metric, period: int = _MINUTE) -> dict[str, Any]:
    return {
        "type": "metric",
        "height": _GRAPH_ROWS,
        "properties": {
            "title": title,
            "region": settings.region,
            "view": "timeSeries",
            "period": period,
            "metrics": [metric.as_array() for metric in metrics],
            "yAxis": {"left": {"min": 0}},
        },
    }


def _load_balancer(settings: DashboardSettings, name: str, stat: str, label: str) -> _Metric:
    return _Metric("AWS/ApplicationELB", name, {"LoadBalancer": settings.load_balancer}, stat, label)


def _requests(settings: DashboardSettings) -> dict[str, Any]:
    return _graph(settings, "Requests per minute", _load_balancer(settings, "RequestCount", "Sum", "requests"))


def _latency(settings: DashboardSettings) -> dict[str, Any]:
    percentiles = (_load_balancer(settings, "TargetResponseTime", stat, stat) for stat in ("p50", "p90", "p99"))
    return _graph(settings, "Latency of replicas (seconds)", *percentiles)


def _errors(settings: DashboardSettings) -> dict[str, Any]:
    return _graph(
        settings,
        "Errors per minute",
        _load_balancer(settings, "HTTPCode_Target_4XX_Count", "Sum", "replicas 4xx"),
        _load_balancer(settings, "HTTPCode_Target_5XX_Count", "Sum", "replicas 5xx"),
        _load_balancer(settings, "HTTPCode_ELB_4XX_Count", "Sum", "load balancer 4xx"),
        _load_balancer(settings, "HTTPCode_ELB_5XX_Count", "Sum", "load balancer 5xx"),
    )


def _replicas(settings: DashboardSettings) -> dict[str, Any]:
    targets = {"TargetGroup": settings.target_group, "LoadBalancer": settings.load_balancer}
    group = {"AutoScalingGroupName": settings.auto_scaling_group}
    return _graph(
        settings,
        "Replicas and instances",
        _Metric("AWS/ApplicationELB", "HealthyHostCount", targets, "Minimum", "healthy replicas"),
        _Metric("AWS/ApplicationELB", "UnHealthyHostCount", targets, "Maximum", "unhealthy replicas"),
        _Metric("AWS/AutoScaling", "GroupInServiceInstances", group, "Average", "instances in service"),
    )


def _processor(settings: DashboardSettings) -> dict[str, Any]:
    """CPU of instances. That of the service is relative to a reservation, and replicas have none."""
    group = {"AutoScalingGroupName": settings.auto_scaling_group}
    return _graph(
        settings,
        "CPU of instances (%)",
        _Metric("AWS/EC2", "CPUUtilization", group, "Average", "average"),
        _Metric("AWS/EC2", "CPUUtilization", group, "Maximum", "highest"),
        period=5 * _MINUTE,  # EC2 basic monitoring
    )


def _memory(settings: DashboardSettings) -> dict[str, Any]:
    service = {"ClusterName": settings.cluster, "ServiceName": settings.service}
    return _graph(
        settings,
        f"Memory of replicas (% of {MEMORY_RESERVATION} MiB)",
        _Metric("AWS/ECS", "MemoryUtilization", service, "Average", "average"),
        _Metric("AWS/ECS", "MemoryUtilization", service, "Maximum", "highest"),
    )


def _s3(settings: DashboardSettings, name: str, stat: str, label: str) -> _Metric:
    dimensions = {"BucketName": settings.images_bucket, "FilterId": settings.images_filter}
    return _Metric("AWS/S3", name, dimensions, stat, label)


def _s3_requests(settings: DashboardSettings) -> dict[str, Any]:
    return _graph(
        settings,
        "S3 requests per minute",
        _s3(settings, "AllRequests", "Sum", "requests"),
        _s3(settings, "4xxErrors", "Sum", "4xx"),
        _s3(settings, "5xxErrors", "Sum", "5xx"),
    )


def _s3_latency(settings: DashboardSettings) -> dict[str, Any]:
    first_bytes = (_s3(settings, "FirstByteLatency", stat, stat) for stat in ("p50", "p99"))
    return _graph(settings, "S3 latency to the first byte (ms)", *first_bytes)


def _images(settings: DashboardSettings) -> dict[str, Any]:
    dimensions = {"BucketName": settings.images_bucket, "StorageType": "StandardStorage"}
    return _graph(
        settings,
        "Size of all images (bytes)",
        _Metric("AWS/S3", "BucketSizeBytes", dimensions, "Average", "bytes"),
        period=_DAY,  # S3 measures it once a day
    )


def _log_metric(settings: DashboardSettings, name: str, label: str) -> _Metric:
    return _Metric(log_metrics_namespace(settings.log_group), name, {}, "Sum", label)


def _traffic(settings: DashboardSettings) -> dict[str, Any]:
    return _graph(
        settings,
        "Pushes and pulls per hour",
        _log_metric(settings, "Pushes", "pushes"),
        _log_metric(settings, "Pulls", "pulls"),
        period=_HOUR,
    )


def _failures(settings: DashboardSettings) -> dict[str, Any]:
    return _graph(
        settings,
        "Failures in the log per minute",
        _log_metric(settings, "S3Errors", "S3 errors"),
        _log_metric(settings, "UploadFailures", "failed uploads"),
        _log_metric(settings, "RefusedLogins", "refused logins"),
    )


def _traffic_by_repository(settings: DashboardSettings) -> dict[str, Any]:
    return {
        "type": "log",
        "height": _GRAPH_ROWS,
        "properties": {
            "title": "Pushes (PUT) and pulls (GET) per hour and repository",
            "region": settings.region,
            "view": "table",
            "query": f"SOURCE '{settings.log_group}' | {HOURLY_TRAFFIC}",
        },
    }
