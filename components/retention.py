"""The retention rules: a function that applies them, and the schedule on which it runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from . import retention_function
from .args import RetentionRule
from .functions import FunctionArgs, create_function
from .log_queries import LogQueries, LogQueriesArgs
from .outputs import with_dependencies
from .pure import policies
from .pure.log_queries import RETENTION_QUERIES
from .retention_function.report import PREFIX
from .retention_function.rules import Rule, to_json
from .roles import create_role
from .schedules import ScheduleArgs, create_schedule

# A whole processor ("Configure Lambda function memory"), and more than 100,000 manifests take.
_MEMORY = 1769
_TIMEOUT_SECONDS = 900  # the maximum: what it does not delete in time, the next run does
# Registries with the same schedule need not begin in the same minute.
_WINDOW_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class RetentionArgs:
    """Arguments of `Retention`.

    Attributes:
        rules: the rules.
        apply: whether images that no rule keeps are deleted.
        schedule: a cron expression of EventBridge Scheduler, in UTC.
        code_bucket: the name of the bucket that gets the function's code.
        images_bucket: the name of the bucket with the images.
        images_arn: its ARN.
        reports_bucket: the name of the bucket that gets the reports.
        reports_arn: its ARN.
        registry_log_name: the name of the registry's log group.
        registry_log_arn: its ARN.
        log_retention_days: how long CloudWatch keeps the function's log, in days.
        tags: the tags of all resources that have tags. Default: none.
    """

    rules: Sequence[RetentionRule]
    apply: bool
    schedule: str
    code_bucket: pulumi.Input[str]
    images_bucket: pulumi.Input[str]
    images_arn: pulumi.Input[str]
    reports_bucket: pulumi.Input[str]
    reports_arn: pulumi.Input[str]
    registry_log_name: pulumi.Input[str]
    registry_log_arn: pulumi.Input[str]
    log_retention_days: int
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Retention(pulumi.ComponentResource):
    """A Lambda function that deletes images by rules, or only reports them, and its schedule.

    It is in no VPC: it reads and deletes in the images bucket, and needs neither the registry nor a user of it.

    Creates: aws.s3.BucketObjectv2, aws.cloudwatch.LogGroup, LogQueries, aws.lambda_.Function,
    aws.scheduler.ScheduleGroup, aws.scheduler.Schedule; two aws.iam.Role with an aws.iam.RolePolicy each.

    Attributes:
        function_name: the function's name.
        schedule_group: the schedule group's name, the dimension of the schedule's metrics.
    """

    function_name: pulumi.Output[str]
    schedule_group: pulumi.Output[str]

    def __init__(self, name: str, args: RetentionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Retention", name, {}, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        log_group = aws.cloudwatch.LogGroup(
            name, retention_in_days=args.log_retention_days, tags=args.tags, opts=self._child
        )
        LogQueries(name, LogQueriesArgs(log_group_name=log_group.name, queries=RETENTION_QUERIES), self._child)
        self.function_name, function_arn = self._function(log_group)
        self.schedule_group = create_schedule(
            name,
            ScheduleArgs(
                expression=args.schedule,
                description="Applies the retention rules of a private registry",
                window_minutes=_WINDOW_MINUTES,
                target_arn=function_arn,
                target_input="{}",
                role=f"{name}-schedule",
                policies={"invoke": function_arn.apply(policies.invoke_function)},
                tags=args.tags,
            ),
            self._child,
        )
        self.register_outputs({"functionName": self.function_name})

    def _function(self, log_group: aws.cloudwatch.LogGroup) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Create the function, and return its name and its ARN."""
        args = self._args
        permissions = pulumi.Output.all(
            own_log_arn=log_group.arn,
            registry_log_arn=args.registry_log_arn,
            images_arn=args.images_arn,
            reports_arn=pulumi.Output.concat(args.reports_arn, "/", PREFIX),
        )
        created = create_role(
            self._name,
            trust_policy=policies.assume_function_role(),
            policies={"run": permissions.apply(lambda arns: policies.retention(**arns, apply=args.apply))},
            tags=args.tags,
            opts=self._child,
        )
        function = create_function(
            self._name,
            FunctionArgs(
                package=retention_function,
                description="Deletes the images of a private registry that no rule keeps, or reports them",
                code_bucket=args.code_bucket,
                role_arn=with_dependencies(created.role.arn, *created.policies),
                log_group_name=log_group.name,
                environment={
                    "RULES": to_json(Rule(**vars(rule)) for rule in args.rules),
                    "APPLY": json.dumps(args.apply),
                    "IMAGES_BUCKET": args.images_bucket,
                    "REPORTS_BUCKET": args.reports_bucket,
                    "LOG_GROUP": args.registry_log_name,
                },
                memory=_MEMORY,
                timeout_seconds=_TIMEOUT_SECONDS,
                tags=args.tags,
            ),
            opts=self._child,
        )
        return function.name, function.arn
