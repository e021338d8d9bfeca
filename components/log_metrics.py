"""Metrics from the registry's log."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from .pure.log_metrics import LOG_METRICS, log_metrics_namespace


@dataclass(frozen=True, kw_only=True)
class LogMetricsArgs:
    """Arguments of `LogMetrics`.

    Attributes:
        log_group_name: the name of the registry's log group.
    """

    log_group_name: pulumi.Input[str]


class LogMetrics(pulumi.ComponentResource):
    """Metrics that CloudWatch counts in the registry's log: see `pure.log_metrics`. They have no dimensions.

    Creates: an aws.cloudwatch.LogMetricFilter for each metric.

    Attributes:
        namespace: the namespace of the metrics.
    """

    namespace: pulumi.Output[str]

    def __init__(self, name: str, args: LogMetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:LogMetrics", name, {}, opts)
        self.namespace = pulumi.Output.from_input(args.log_group_name).apply(log_metrics_namespace)
        for metric in LOG_METRICS:
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{metric.name}",
                log_group_name=args.log_group_name,
                pattern=metric.pattern,
                metric_transformation={
                    "name": metric.name,
                    "namespace": self.namespace,
                    "value": "1",
                    # For each minute in which the registry logs something else, such as its health checks.
                    "default_value": "0",
                    "unit": "Count",
                },
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"namespace": self.namespace})
