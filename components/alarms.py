"""Alarms as data, and the CloudWatch alarms that they become."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_aws as aws

from .pure.runbook import with_runbook

Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"]
Missing = Literal["breaching", "notBreaching", "ignore"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of CloudWatch, and what is computed from its values in a period.

    Attributes:
        namespace: such as "AWS/ECS".
        name: such as "MemoryUtilization".
        dimensions: the values of the metric's dimensions, by name. Default: none.
        statistic: such as "Sum" or "p99".
    """

    namespace: pulumi.Input[str]
    name: pulumi.Input[str]
    dimensions: pulumi.Input[Mapping[str, pulumi.Input[str]]] = field(default_factory=dict[str, pulumi.Input[str]])
    statistic: str


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm that goes off when a value is beyond a threshold in several periods.

    Attributes:
        name: the anchor of the alarm's section in docs/operations.md, and a part of its name in AWS.
        means: what has happened, in one sentence.
        metrics: the metrics by their names in `expression`.
        expression: the value, in CloudWatch's metric math. Default: the only metric.
        comparison: how the value is compared with the threshold.
        threshold: the threshold.
        period: the length of a period in seconds.
        periods: how many of the last periods count.
        breaching: in how many of them the value must be beyond the threshold. Default: all.
        missing: what a period without data counts as. "ignore" keeps the alarm's state.
    """

    name: str
    means: str
    metrics: Mapping[str, Metric]
    expression: pulumi.Input[str] | None = None
    comparison: Comparison
    threshold: float
    period: int
    periods: int
    breaching: int | None = None
    missing: Missing


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """Arguments of `Alarms`.

    Attributes:
        alarms: the alarms.
        topic_arn: the ARN of the SNS topic that gets them.
        runbook_url: the address of docs/operations.md.
        tags: the tags of the alarms. Default: none.
    """

    alarms: Sequence[Alarm]
    topic_arn: pulumi.Input[str]
    runbook_url: str
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Alarms(pulumi.ComponentResource):
    """Alarms that tell a topic when they go off, and when they are over. Their descriptions link to the runbook.

    Creates: aws.cloudwatch.MetricAlarm for each alarm.

    Attributes:
        arns: the ARNs of the alarms, in the order of `args.alarms`.
    """

    arns: pulumi.Output[list[str]]

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Alarms", name, {}, opts)
        created = [
            aws.cloudwatch.MetricAlarm(
                f"{name}-{alarm.name}",
                alarm_description=with_runbook(alarm.means, args.runbook_url, alarm.name),
                metric_queries=_queries(alarm),
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                evaluation_periods=alarm.periods,
                datapoints_to_alarm=alarm.breaching or alarm.periods,
                treat_missing_data=alarm.missing,
                alarm_actions=[args.topic_arn],
                ok_actions=[args.topic_arn],
                tags=args.tags,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for alarm in args.alarms
        ]
        self.arns = pulumi.Output.all(*(alarm.arn for alarm in created))
        self.register_outputs({})


def _queries(alarm: Alarm) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict]:
    """Return the alarm's metrics and its expression. An alarm watches the one that returns data."""
    queries: list[aws.cloudwatch.MetricAlarmMetricQueryArgsDict] = [
        {
            "id": id_,
            "metric": {
                "namespace": metric.namespace,
                "metric_name": metric.name,
                "dimensions": metric.dimensions,
                "stat": metric.statistic,
                "period": alarm.period,
            },
            "return_data": alarm.expression is None,
        }
        for id_, metric in alarm.metrics.items()
    ]
    if alarm.expression is not None:
        queries.append({"id": "value", "expression": alarm.expression, "label": alarm.name, "return_data": True})
    return queries
