"""The registry itself: an ECS task, and the service that keeps it running."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from .location import Location
from .pure import policies
from .pure.container import HOST_PATHS, NAME, PORT, ContainerSettings, container_definition


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """What runs, how often, and between what.

    Attributes:
        location: the region and account.
        image: the registry image with its tag.
        desired_count: how many replicas.
        images_bucket: the name of the bucket with the images.
        redirects: whether clients are sent to S3 for image data.
        upstream: the registry that this one is a pull-through cache of. Default: none.
        upstream_username: who logs in there.
        upstream_password: the password, kept as a secret.
        cluster_name: the ECS cluster's name.
        cluster_arn: its ARN.
        capacity_provider: where replicas are placed.
        placement: an ECS placement expression that their instances must match. Default: any instance.
        target_group_arn: where they register.
        task_policies: what the task role may do: policy documents by name.
        execution_policies: what ECS may do on its behalf beside writing its log and reading its secrets.
        log_retention_days: how long CloudWatch keeps the log.
        tags: on everything that takes tags.
    """

    location: Location
    image: str
    desired_count: int
    images_bucket: pulumi.Input[str]
    redirects: bool = True
    upstream: str | None = None
    upstream_username: str | None = None
    upstream_password: pulumi.Input[str] | None = field(default=None, repr=False)
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    capacity_provider: pulumi.Input[str]
    placement: str | None = None
    target_group_arn: pulumi.Input[str]
    task_policies: Mapping[str, pulumi.Input[str]]
    execution_policies: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    log_retention_days: int
    tags: Mapping[str, str] = field(default_factory=dict)


class DeploymentRolledBack(pulumi.RunError):
    """ECS took the service back to the task definition before. The Pulumi CLI shows the message without a traceback."""

    def __init__(self, service: str, runs: str, declared: str) -> None:
        super().__init__(
            f"no task of {declared} became healthy, and ECS rolled the service {service} back to {runs}, whose tasks "
            "serve on.\n"
            f"  why: aws ecs describe-services --cluster CLUSTER --services {service} --query 'services[0].events[:9]'"
            "\n  fix the cause, or set the old value again, and run `pulumi up`"
        )


def _require_deployed(service: str, runs: str, declared: str) -> str:
    """The service's name, if it runs the declared task definition.

    To the AWS provider a service that was rolled back is steady (pulumi-aws#4487). Without this error `pulumi up` would
    succeed, and then delete what the old tasks still need, such as their permission on the images bucket.

    Raises:
        DeploymentRolledBack: it runs another one.
    """
    if runs != declared:
        raise DeploymentRolledBack(service, runs, declared)
    return service


class Service(pulumi.ComponentResource):
    """Replicas of the registry, spread over zones and instances, replaced without a gap.

    Makes: random.RandomPassword and aws.ssm.Parameter (the HTTP secret that the replicas share; another parameter with
    `upstream_password`), aws.cloudwatch.LogGroup, two aws.iam.Role (task, execution) with aws.iam.RolePolicy,
    aws.ecs.TaskDefinition, aws.ecs.Service.

    Attributes:
        service_name: the ECS service. It is known once the service runs the declared task definition.
        role_arns: the roles that ECS takes for it, and the registry itself.
    """

    service_name: pulumi.Output[str]
    role_arns: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Service", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log", retention_in_days=args.log_retention_days, tags=args.tags, opts=child
        )
        secrets, known_secrets = self._secrets(name, args)
        run = pulumi.Output.all(log_group.arn, *(secret.arn for secret in secrets)).apply(
            lambda arns: policies.task_execution(arns[0], arns[1:])
        )
        execution, execution_policies = self._role(f"{name}-execution", {"run": run, **args.execution_policies}, args)
        task, task_policies = self._role(f"{name}-task", args.task_policies, args)
        self.role_arns = [execution.arn, task.arn]
        settings = pulumi.Output.all(bucket=args.images_bucket, log_group=log_group.name, **known_secrets).apply(
            lambda known: ContainerSettings(
                image=args.image,
                region=args.location.region,
                redirects=args.redirects,
                upstream=args.upstream,
                upstream_username=args.upstream_username,
                **known,
            )
        )
        definition = aws.ecs.TaskDefinition(
            f"{name}-task",
            family=pulumi.Output.concat(args.cluster_name, "-", NAME),
            network_mode="bridge",
            requires_compatibilities=["EC2"],
            execution_role_arn=execution.arn,
            task_role_arn=task.arn,
            volumes=[{"name": volume, "host_path": path} for volume, path in HOST_PATHS.items()],
            placement_constraints=[{"type": "memberOf", "expression": args.placement}] if args.placement else None,
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
        deployed = pulumi.Output.all(service=service.name, runs=service.task_definition, declared=definition.arn)
        self.service_name = deployed.apply(lambda known: _require_deployed(**known))
        self.register_outputs({"serviceName": self.service_name})

    def _secrets(self, name: str, args: ServiceArgs) -> tuple[list[aws.ssm.Parameter], dict[str, pulumi.Output[Any]]]:
        """What holds them, and what the container's settings say of them."""
        generated = random.RandomPassword(
            f"{name}-http-secret", length=64, special=False, opts=pulumi.ResourceOptions(parent=self)
        )
        shared = self._parameter(
            name, "http-secret", generated.result, "The secret that the registry's replicas share", args
        )
        if args.upstream_password is None:
            return [shared], {"http_secret_arn": shared.arn}
        password = self._parameter(
            name, "upstream-password", args.upstream_password, f"The registry's password at {args.upstream}", args
        )
        return [shared, password], {
            "http_secret_arn": shared.arn,
            "upstream_password_arn": password.arn,
            "upstream_password_version": password.version,
        }

    def _parameter(
        self, name: str, role: str, value: pulumi.Input[str], description: str, args: ServiceArgs
    ) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            f"{name}-{role}",
            # Parameters get no random suffix by themselves; the cluster's name has one.
            name=pulumi.Output.concat("/private-registry/", args.cluster_name, "/", role),
            description=description,
            type="SecureString",
            value=pulumi.Output.secret(value),
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _role(
        self, name: str, documents: Mapping[str, pulumi.Input[str]], args: ServiceArgs
    ) -> tuple[aws.iam.Role, list[aws.iam.RolePolicy]]:
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name, assume_role_policy=policies.assume_task_role(args.location), tags=args.tags, opts=child
        )
        return role, [
            aws.iam.RolePolicy(f"{name}-{purpose}", role=role.name, policy=document, opts=child)
            for purpose, document in documents.items()
        ]
