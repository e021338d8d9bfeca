"""What watches a registry, and tells a topic when somebody must act."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .alarm_table import (
    capacity_alarm,
    growth_alarm,
    log_alarms,
    memory_alarm,
    request_alarms,
    target_alarms,
)
from .alarm_topic import AlarmTopic, AlarmTopicArgs
from .alarms import Alarm, Alarms, AlarmsArgs
from .certificate_alarm import certificate_alarm, look_up_end
from .dashboard import Dashboard, DashboardArgs
from .event_table import events
from .events import Event, Events, EventsArgs
from .log_metrics import LogMetrics, LogMetricsArgs
from .log_queries import LogQueries, LogQueriesArgs
from .pure.location import Location
from .pure.log_queries import COLLECTED_QUERIES, COLLECTION_QUERIES, LOG_QUERIES, TOKEN_QUERIES, LogQuery


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """Arguments of `Monitoring`.

    Attributes:
        location: the region.
        account_id: the account's ID.
        alarm_email: the address that gets the alarms. Default: none.
        alarm_topic_arn: the ARN of the topic that gets the alarms. Default: a new topic.
        runbook_url: the address of docs/operations.md.
        load_balancer: the load balancer in the dimensions of CloudWatch's metrics.
        target_group: the target group in the dimensions of CloudWatch's metrics.
        cluster_name: the ECS cluster's name.
        cluster_arn: the ECS cluster's ARN.
        service_name: the ECS service's name.
        auto_scaling_group_name: the name of the instances' Auto Scaling group.
        log_group_name: the name of the log group with the replicas' logs.
        token_log_group_name: the name of the log group of the token service. Default: there is no token service.
        collection_log_group_name: the name of the log group of the garbage collections. Default: there are none.
        images_bucket: the name of the bucket with the images.
        certificate_arn: the ARN of the certificate for clients.
        certificate_end: the end of a certificate that was uploaded to IAM, RFC 3339. Default: AWS is asked.
        desired_count: the minimum number of replicas.
        max_count: the maximum number of replicas. Default 0: they are not scaled.
        memory_limit: the memory in MiB at which the kernel stops a replica.
        images_growth_limit: by how many GiB a day the images may grow. Default 0: without limit.
        monthly_budget: the US dollars that the account may cost a month. Default 0: no budget.
        more_alarms: alarms of other parts of the registry. Default: none.
        more_events: events of other parts of the registry. Default: none.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    account_id: pulumi.Input[str]
    alarm_email: pulumi.Input[str] | None = None
    alarm_topic_arn: pulumi.Input[str] | None = None
    runbook_url: str
    load_balancer: pulumi.Input[str]
    target_group: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Output[str]
    service_name: pulumi.Output[str]
    auto_scaling_group_name: pulumi.Output[str]
    log_group_name: pulumi.Input[str]
    token_log_group_name: pulumi.Input[str] | None = None
    collection_log_group_name: pulumi.Input[str] | None = None
    images_bucket: pulumi.Input[str]
    certificate_arn: pulumi.Output[str]
    certificate_end: pulumi.Output[str] | None = None
    desired_count: int
    max_count: int = 0
    memory_limit: int
    images_growth_limit: int = 0
    monthly_budget: int = 0
    more_alarms: Sequence[Alarm] = ()
    more_events: Sequence[Event] = ()
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Monitoring(pulumi.ComponentResource):
    """Alarms about metrics and events, which go to a topic, and what shows the state of the registry.

    Creates: LogMetrics, LogQueries, Dashboard, AlarmTopic (unless `args.alarm_topic_arn` is given), Alarms, Events;
    with `args.monthly_budget`, aws.budgets.Budget.

    Attributes:
        alarm_topic_arn: the ARN of the topic that gets the alarms.
    """

    alarm_topic_arn: pulumi.Output[str]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Monitoring", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._log_metrics = LogMetrics(name, LogMetricsArgs(log_group_name=args.log_group_name), opts=self._child)
        self._log_queries(name, args.log_group_name, LOG_QUERIES)
        if args.token_log_group_name is not None:
            self._log_queries(f"{name}-access", args.token_log_group_name, TOKEN_QUERIES)
        if args.collection_log_group_name is not None:
            self._log_queries(f"{name}-collected", args.log_group_name, COLLECTED_QUERIES)
            self._log_queries(f"{name}-collection", args.collection_log_group_name, COLLECTION_QUERIES)
        self.alarm_topic_arn = self._topic_arn()
        # The alarms are created after the service and deleted before it, so none goes off in between.
        after_service = pulumi.Output.all(self.alarm_topic_arn, args.service_name).apply(lambda known: str(known[0]))
        alarms = Alarms(
            name,
            AlarmsArgs(
                alarms=[*self._alarms(), *args.more_alarms],
                topic_arn=after_service,
                runbook_url=args.runbook_url,
                tags=args.tags,
            ),
            opts=self._child,
        )
        Events(
            name,
            EventsArgs(
                events=[*events(args.auto_scaling_group_name, args.cluster_arn), *args.more_events],
                topic_arn=self.alarm_topic_arn,
                runbook_url=args.runbook_url,
                tags=args.tags,
            ),
            opts=self._child,
        )
        self._dashboard(alarms)
        if args.monthly_budget:
            self._budget()
        self.register_outputs({"alarmTopicArn": self.alarm_topic_arn})

    def _log_queries(self, name: str, log_group_name: pulumi.Input[str], queries: Sequence[LogQuery]) -> None:
        LogQueries(name, LogQueriesArgs(log_group_name=log_group_name, queries=queries), opts=self._child)

    def _dashboard(self, alarms: Alarms) -> None:
        args = self._args
        Dashboard(
            self._prefix,
            DashboardArgs(
                location=args.location,
                load_balancer_arn_suffix=args.load_balancer,
                target_group_arn_suffix=args.target_group,
                cluster_name=args.cluster_name,
                service_name=args.service_name,
                auto_scaling_group_name=args.auto_scaling_group_name,
                images_bucket=args.images_bucket,
                log_group_name=args.log_group_name,
                alarm_arns=alarms.arns,
            ),
            opts=self._child,
        )

    def _topic_arn(self) -> pulumi.Output[str]:
        args = self._args
        if args.alarm_topic_arn is not None:
            return pulumi.Output.from_input(args.alarm_topic_arn)
        return AlarmTopic(
            f"{self._prefix}-alarms",
            AlarmTopicArgs(
                location=args.location,
                account_id=args.account_id,
                email=args.alarm_email,
                budget=args.monthly_budget > 0,
                tags=args.tags,
            ),
            opts=self._child,
        ).arn

    def _alarms(self) -> Iterator[Alarm]:
        args = self._args
        balancer = {"LoadBalancer": args.load_balancer}
        targets = {**balancer, "TargetGroup": args.target_group}
        service = {"ClusterName": args.cluster_name, "ServiceName": args.service_name}
        yield from target_alarms(targets, args.desired_count)
        yield from request_alarms(balancer, targets)
        yield from log_alarms(self._log_metrics.namespace)
        yield memory_alarm(service, args.memory_limit)
        end = args.certificate_end
        if end is None:
            end = look_up_end(args.certificate_arn, self)
        yield certificate_alarm(args.certificate_arn, end, targets)
        if args.max_count:
            yield capacity_alarm(targets, args.max_count)
        if args.images_growth_limit:
            yield growth_alarm(args.images_bucket, args.images_growth_limit)

    def _budget(self) -> None:
        # No filter: one by tags would find no cost until the management account has activated them, and then not alarm
        # (AWS Billing User Guide, "Activating user-defined cost allocation tags").
        args = self._args
        aws.budgets.Budget(
            self._prefix,
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=str(args.monthly_budget),
            limit_unit="USD",
            notifications=[
                {
                    "notification_type": kind,
                    "comparison_operator": "GREATER_THAN",
                    "threshold": 100,
                    "threshold_type": "PERCENTAGE",
                    "subscriber_sns_topic_arns": [self.alarm_topic_arn],
                }
                for kind in ("FORECASTED", "ACTUAL")
            ],
            tags=args.tags,
            opts=self._child,
        )
