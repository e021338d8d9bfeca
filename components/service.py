"""The registry itself: an ECS task, and the service that keeps it running."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from . import policies
from .container import HOST_PATHS, NAME, PORT, ContainerSettings, container_definition
from .location import Location


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """What runs, how often, and between what.

    Attributes:
        location: the region.
        image: the registry image with its tag.
        desired_count: how many replicas.
        images_bucket: the name of the bucket with the images.
        cluster_name: the ECS cluster's name.
        cluster_arn: its ARN.
        capacity_provider: where replicas are placed.
        target_group_arn: where they register.
        task_policies: what the task role may do: policy documents by name.
        log_retention_days: how long CloudWatch keeps the log.
        tags: on everything that takes tags.
    """

    location: Location
    image: str
    desired_count: int
    images_bucket: pulumi.Input[str]
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    capacity_provider: pulumi.Input[str]
    target_group_arn: pulumi.Input[str]
    task_policies: Mapping[str, pulumi.Input[str]]
    log_retention_days: int
    tags: Mapping[str, str] = field(default_factory=dict)


class Service(pulumi.ComponentResource):
    """Replicas of the registry, spread over zones and instances, replaced without a gap.

    Makes: random.RandomPassword and aws.ssm.Parameter (the HTTP secret that the replicas share),
    aws.cloudwatch.LogGroup, two aws.iam.Role (task, execution) with aws.iam.RolePolicy, aws.ecs.TaskDefinition,
    aws.ecs.Service.

    Attributes:
        service_name: the ECS service.
    """

    service_name: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Service", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log", retention_in_days=args.log_retention_days, tags=args.tags, opts=child
        )
        parameter = self._http_secret(name, args)
        execution, execution_policies = self._role(
            f"{name}-execution",
            {"run": pulumi.Output.all(log_group.arn, parameter.arn).apply(lambda arns: policies.task_execution(*arns))},
            args,
        )
        task, task_policies = self._role(f"{name}-task", args.task_policies, args)
        settings = pulumi.Output.all(
            bucket=args.images_bucket, log_group=log_group.name, http_secret_arn=parameter.arn
        ).apply(lambda known: ContainerSettings(image=args.image, region=args.location.region, **known))
        definition = aws.ecs.TaskDefinition(
            f"{name}-task",
            family=pulumi.Output.concat(args.cluster_name, "-", NAME),
            network_mode="bridge",
            requires_compatibilities=["EC2"],
            execution_role_arn=execution.arn,
            task_role_arn=task.arn,
            volumes=[{"name": volume, "host_path": path} for volume, path in HOST_PATHS.items()],
            container_definitions=settings.apply(lambda known: json.dumps([container_definition(known)])),
            tags=args.tags,
            opts=child,
        )
        service = aws.ecs.Service(
            f"{name}-service",
            cluster=args.cluster_arn,
            task_definition=definition.arn,
            desired_count=args.desired_count,
            capacity_provider_strategies=[{"capacity_provider": args.capacity_provider, "weight": 1, "base": 1}],
            ordered_placement_strategies=[
                {"type": "spread", "field": "attribute:ecs.availability-zone"},
                {"type": "spread", "field": "instanceId"},
            ],
            availability_zone_rebalancing="ENABLED",
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_circuit_breaker={"enable": True, "rollback": True},
            health_check_grace_period_seconds=60,
            load_balancers=[
                {"target_group_arn": args.target_group_arn, "container_name": NAME, "container_port": PORT}
            ],
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,  # `pulumi up` ends when the registry serves, or says that it does not
            tags=args.tags,
            # A task needs its roles' policies from its first second on.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*execution_policies, *task_policies]),
        )
        self.service_name = service.name
        self.register_outputs({"serviceName": self.service_name})

    def _http_secret(self, name: str, args: ServiceArgs) -> aws.ssm.Parameter:
        child = pulumi.ResourceOptions(parent=self)
        secret = random.RandomPassword(f"{name}-http-secret", length=64, special=False, opts=child)
        return aws.ssm.Parameter(
            f"{name}-http-secret",
            # Parameters get no random suffix by themselves; the cluster's name has one.
            name=pulumi.Output.concat("/private-registry/", args.cluster_name, "/http-secret"),
            description="The secret that the registry's replicas share",
            type="SecureString",
            value=secret.result,
            tags=args.tags,
            opts=child,
        )

    def _role(
        self, name: str, documents: Mapping[str, pulumi.Input[str]], args: ServiceArgs
    ) -> tuple[aws.iam.Role, list[aws.iam.RolePolicy]]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name, assume_role_policy=policies.assume_role("ecs-tasks.amazonaws.com"), tags=args.tags, opts=child
        )
        return role, [
            aws.iam.RolePolicy(f"{name}-{purpose}", role=role.name, policy=document, opts=child)
            for purpose, document in documents.items()
        ]
