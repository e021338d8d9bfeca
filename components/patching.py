"""The schedule on which all instances are replaced by ones with the newest AMI."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from .pure import policies
from .pure.location import Location
from .pure.refresh_preferences import start_request
from .schedules import ScheduleArgs, create_schedule

# Registries with the same schedule need not launch their instances in the same minute.
_WINDOW_MINUTES = 60


@dataclass(frozen=True, kw_only=True)
class PatchingArgs:
    """Arguments of `Patching`.

    Attributes:
        location: the region.
        schedule: a cron expression of EventBridge Scheduler, in UTC.
        group_name: the name of the Auto Scaling group.
        group_arn: the ARN of the Auto Scaling group.
        tags: the tags of the schedule group and the role. A schedule takes none. Default: none.
    """

    location: Location
    schedule: str
    group_name: pulumi.Input[str]
    group_arn: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class Patching(pulumi.ComponentResource):
    """A schedule that starts an instance refresh, whose new instances boot the newest AMI.

    The refresh replaces instances that have the newest AMI too. It changes no property of the Auto Scaling group, so
    Pulumi finds no drift.

    Creates: aws.scheduler.ScheduleGroup, aws.iam.Role with aws.iam.RolePolicy, aws.scheduler.Schedule.

    Attributes:
        schedule_group: the schedule group's name, the dimension of the schedule's metrics.
    """

    schedule_group: pulumi.Output[str]

    def __init__(self, name: str, args: PatchingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Patching", name, {}, opts)
        self.schedule_group = create_schedule(
            name,
            # AWS refuses a second instance refresh of a group. One that is in progress, such as that of a `pulumi up`,
            # takes some minutes, and the schedule tries again for longer.
            ScheduleArgs(
                expression=args.schedule,
                description="Replaces all instances by ones with the newest AMI",
                window_minutes=_WINDOW_MINUTES,
                target_arn=f"arn:{args.location.partition}:scheduler:::aws-sdk:autoscaling:startInstanceRefresh",
                target_input=pulumi.Output.from_input(args.group_name).apply(start_request),
                role=name,
                policies={"refresh": pulumi.Output.from_input(args.group_arn).apply(policies.start_instance_refresh)},
                tags=args.tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"scheduleGroup": self.schedule_group})
