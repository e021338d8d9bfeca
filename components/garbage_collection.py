"""The schedule on which the blobs are deleted that no manifest names, while pushes are refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from .outputs import with_dependencies
from .pure import policies
from .pure.bootstrap_files import VOLUMES
from .pure.collection_states import (
    CollectionCommand,
    CollectionResources,
    CollectionTimes,
    collection,
    watcher,
)
from .pure.container import ContainerSettings, collection_definition, garbage_collection
from .pure.location import Location
from .roles import RoleWithPolicies, create_role
from .schedules import ScheduleArgs, create_schedule


@dataclass(frozen=True, kw_only=True)
class GarbageCollectionArgs:
    """Arguments of `GarbageCollection`.

    Attributes:
        location: the region.
        schedule: a cron expression of EventBridge Scheduler, in UTC.
        minutes: how many minutes a collection may take.
        dry_run: whether the schedule deletes nothing. Default False.
        container: the settings of the registry's containers.
        cluster_arn: the ECS cluster's ARN.
        cluster_name: the ECS cluster's name.
        listener_arn: the ARN of the load balancer's listener.
        log_retention_days: how long CloudWatch keeps the log of the executions, in days.
        bucket_arn: the ARN of the images bucket.
        task_role_arn: the ARN of the role of the registry's containers.
        execution_role_arn: the ARN of the role with which ECS starts them.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    schedule: str
    minutes: int
    dry_run: bool = False
    container: pulumi.Input[ContainerSettings]
    cluster_arn: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    listener_arn: pulumi.Input[str]
    log_retention_days: int
    bucket_arn: pulumi.Input[str]
    task_role_arn: pulumi.Input[str]
    execution_role_arn: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class GarbageCollection(pulumi.ComponentResource):
    """A schedule that starts a garbage collection, and what watches that pushes are allowed again afterwards.

    What a collection creates, a listener rule, it deletes. It changes no declared resource, so Pulumi finds no drift.

    Creates: aws.ecs.TaskDefinition; aws.cloudwatch.LogGroup; two aws.sfn.StateMachine (the collection and its watcher)
    and aws.scheduler.ScheduleGroup with aws.scheduler.Schedule, each with its aws.iam.Role and aws.iam.RolePolicy.

    Attributes:
        state_machine_arn: the ARN of the state machine whose executions are the collections.
        watcher_arn: the ARN of the state machine that watches them.
        schedule_group: the schedule group's name, the dimension of the schedule's metrics.
        log_group_name: the name of the log group with a line for each event of both state machines.
    """

    state_machine_arn: pulumi.Output[str]
    watcher_arn: pulumi.Output[str]
    schedule_group: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: GarbageCollectionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:GarbageCollection", name, {}, opts)
        self._name, self._args = name, args
        self._times = CollectionTimes(limit=60 * args.minutes)
        self._child = pulumi.ResourceOptions(parent=self)
        definition = self._task_definition()
        self._log_group = self._create_log_group()
        self.log_group_name = self._log_group.name
        self.watcher_arn = self._watcher()
        self.state_machine_arn = self._collection(definition)
        self.schedule_group = create_schedule(
            name,
            # At the time: users are told when pushes are refused.
            ScheduleArgs(
                expression=args.schedule,
                description="Deletes the blobs that no manifest names",
                target_arn=self.state_machine_arn,
                target_input=json.dumps({"dryRun": args.dry_run}),
                role=f"{name}-schedule",
                policies={"start": self.state_machine_arn.apply(policies.start_execution)},
                tags=args.tags,
            ),
            self._child,
        )
        self.register_outputs({"stateMachineArn": self.state_machine_arn})

    def _task_definition(self) -> aws.ecs.TaskDefinition:
        args = self._args
        return aws.ecs.TaskDefinition(
            self._name,
            family=pulumi.Output.concat(args.cluster_name, "-collection"),
            network_mode="bridge",
            requires_compatibilities=["EC2"],
            execution_role_arn=args.execution_role_arn,
            task_role_arn=args.task_role_arn,
            volumes=[{"name": volume.name, "host_path": volume.host_path} for volume in VOLUMES],
            container_definitions=pulumi.Output.from_input(args.container).apply(
                lambda known: json.dumps([collection_definition(known)])
            ),
            tags=args.tags,
            opts=self._child,
        )

    def _create_log_group(self) -> aws.cloudwatch.LogGroup:
        args = self._args
        return aws.cloudwatch.LogGroup(
            self._name,
            # AWS adds a log group with another beginning to a resource policy of the account, which holds 5,120
            # characters ("Avoiding Amazon CloudWatch Logs resource policy size restrictions"), and where it stays after
            # a destroy (aws/aws-cdk#28577). The cluster's name makes it unique: Pulumi adds nothing to a given name.
            name=pulumi.Output.concat("/aws/vendedlogs/states/", args.cluster_name, "-collection"),
            retention_in_days=args.log_retention_days,
            tags=args.tags,
            opts=self._child,
        )

    def _watcher(self) -> pulumi.Output[str]:
        args, partition = self._args, self._args.location.partition
        known = pulumi.Output.all(listener_arn=args.listener_arn, cluster_arn=args.cluster_arn)
        role = self._role(
            "watcher", known.apply(lambda arns: policies.collection_watcher(**arns, executions=f"{self._name}-"))
        )
        definition = known.apply(
            lambda arns: json.dumps(watcher(CollectionResources(partition=partition, **arns), self._times))
        )
        return self._state_machine(f"{self._name}-watcher", definition, role)

    def _collection(self, task: aws.ecs.TaskDefinition) -> pulumi.Output[str]:
        args, partition = self._args, self._args.location.partition
        known = pulumi.Output.all(
            listener_arn=args.listener_arn,
            cluster_arn=args.cluster_arn,
            task_definition_arn=task.arn,
            watcher_arn=self.watcher_arn,
        )
        role_arns = pulumi.Output.all(args.task_role_arn, args.execution_role_arn)
        role = self._role(
            "run",
            pulumi.Output.all(known, role_arns, args.bucket_arn).apply(
                lambda all_: policies.collection(**all_[0], role_arns=all_[1], bucket_arn=all_[2])
            ),
        )

        def definition(both: list[Any]) -> str:
            arns, container = both
            command = CollectionCommand(
                delete=garbage_collection(container.image, seconds=self._times.task),
                dry_run=garbage_collection(container.image, dry_run=True),
            )
            resources = CollectionResources(partition=partition, bucket=container.bucket, **arns)
            return json.dumps(collection(resources, command, self._times))

        return self._state_machine(self._name, pulumi.Output.all(known, args.container).apply(definition), role)

    def _role(self, suffix: str, document: pulumi.Output[str]) -> RoleWithPolicies:
        return create_role(
            f"{self._name}-{suffix}",
            trust_policy=pulumi.Output.from_input(self._args.cluster_arn).apply(policies.assume_states_role),
            policies={"run": document, "log": policies.execution_log()},
            tags=self._args.tags,
            opts=self._child,
        )

    def _state_machine(self, name: str, definition: pulumi.Output[str], role: RoleWithPolicies) -> pulumi.Output[str]:
        created = aws.sfn.StateMachine(
            name,
            definition=definition,
            role_arn=with_dependencies(role.role.arn, *role.policies),
            logging_configuration={
                "level": "ALL",
                "include_execution_data": False,
                # Without this end, AWS refuses it (Step Functions API Reference, "CloudWatchLogsLogGroup").
                "log_destination": pulumi.Output.concat(self._log_group.arn, ":*"),
            },
            tags=self._args.tags,
            # AWS deletes it when its executions have made their next transition (Step Functions API Reference,
            # "DeleteStateMachine"), which takes at most as long as the longest wait.
            opts=pulumi.ResourceOptions.merge(
                self._child,
                pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(delete=f"{self._times.settle + 300}s")),
            ),
        )
        return created.arn
