"""Schedules of EventBridge Scheduler."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from .outputs import with_dependencies
from .pure import policies
from .roles import create_role

# A call that failed is repeated for an hour.
_RETRY_SECONDS = 3600
_RETRIES = 185  # the maximum: the time ends the retries


@dataclass(frozen=True, kw_only=True)
class ScheduleArgs:
    """Arguments of `create_schedule`.

    Attributes:
        expression: a cron expression, in UTC.
        description: what the schedule does.
        window_minutes: within how many minutes from the given time it calls the target. Default 0: at the time.
        target_arn: the ARN of the function, of the state machine or of the API operation that it calls.
        target_input: the input of the target, as JSON.
        role: the resource name of the role with which it calls the target.
        policies: the role's policies, by name.
        tags: the tags of the schedule group and the role. A schedule takes none. Default: none.
    """

    expression: str
    description: str
    window_minutes: int = 0
    target_arn: pulumi.Input[str]
    target_input: pulumi.Input[str]
    role: str
    policies: Mapping[str, pulumi.Input[str]]
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


def create_schedule(name: str, args: ScheduleArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Create an aws.scheduler.ScheduleGroup with an aws.scheduler.Schedule, and its aws.iam.Role with policies.

    Args:
        name: the resource name of the schedule and of its group.
        opts: the options of all these resources.

    Returns:
        The schedule group's name, the dimension of the schedule's metrics.
    """
    # Of its own: the role trusts this group, and CloudWatch has metrics per group.
    group = aws.scheduler.ScheduleGroup(name, tags=args.tags, opts=opts)
    scheduler = create_role(
        args.role,
        trust_policy=group.arn.apply(policies.assume_scheduler_role),
        policies=args.policies,
        tags=args.tags,
        opts=opts,
    )
    aws.scheduler.Schedule(
        name,
        group_name=group.name,
        description=args.description,
        schedule_expression=args.expression,
        schedule_expression_timezone="UTC",
        flexible_time_window=(
            {"mode": "FLEXIBLE", "maximum_window_in_minutes": args.window_minutes}
            if args.window_minutes
            else {"mode": "OFF"}
        ),
        target={
            "arn": args.target_arn,
            "role_arn": with_dependencies(scheduler.role.arn, *scheduler.policies),
            "input": args.target_input,
            # No dead-letter queue: the input is always the same, and CloudTrail has the reason of each failure.
            "retry_policy": {
                "maximum_event_age_in_seconds": _RETRY_SECONDS,
                "maximum_retry_attempts": _RETRIES,
            },
        },
        opts=opts,
    )
    return group.name
