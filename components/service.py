"""The registry itself: an ECS task definition and the service that runs it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from .pure import policies
from .pure.bootstrap_files import VOLUMES
from .pure.container import NAME, PORT, ContainerSettings, TokenSettings, container_definition
from .pure.location import Location
from .roles import RoleWithPolicies, create_role


@dataclass(frozen=True, kw_only=True)
class ServiceArgs:
    """Arguments of `Service`.

    Attributes:
        location: the region.
        image: the registry image with its tag.
        desired_count: the number of replicas; with `scaled`, at the creation.
        scaled: whether Application Auto Scaling sets the number of replicas. Default False.
        memory_limit: the memory in MiB at which the kernel stops a replica.
        cpu_reservation: the CPU units that ECS reserves for a replica, 1024 for a vCPU. Default 0: none.
        images_bucket: the name of the bucket with the images.
        redirects: whether clients are redirected to S3 for image data. Default True.
        deletes: whether users may delete images. Default False.
        tokens: how the registry verifies tokens. Default: it has users with passwords.
        upstream: the URL of the registry that this one is a pull-through cache of. Default: none.
        upstream_username: the user name for `upstream`. Default: none.
        upstream_password: the password for `upstream`; it is kept secret. Default: none.
        cluster_name: the ECS cluster's name.
        cluster_arn: the ECS cluster's ARN.
        capacity_provider: the name of the capacity provider.
        target_group_arn: the ARN of the target group that the replicas are registered in.
        task_policies: policy documents by name, for the task role.
        execution_policies: policy documents by name, for the task execution role. It can also write the log and read
            the secrets. Default: none.
        log_retention_days: how long CloudWatch keeps the log, in days.
        tags: the tags of all resources that have tags. Default: none.
    """

    location: Location
    image: str
    desired_count: int
    scaled: bool = False
    memory_limit: int
    cpu_reservation: int = 0
    images_bucket: pulumi.Input[str]
    redirects: bool = True
    deletes: bool = False
    tokens: pulumi.Output[TokenSettings] | None = None
    upstream: pulumi.Input[str] | None = None
    upstream_username: pulumi.Input[str] | None = None
    upstream_password: pulumi.Input[str] | None = field(default=None, repr=False)
    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    capacity_provider: pulumi.Input[str]
    target_group_arn: pulumi.Input[str]
    task_policies: Mapping[str, pulumi.Input[str]]
    execution_policies: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    log_retention_days: int
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class DeploymentRolledBack(pulumi.RunError):
    """ECS rolled the service back to the previous task definition. The Pulumi CLI shows no traceback."""

    def __init__(self, service: str, running: str, declared: str) -> None:
        super().__init__(
            f"no task of {declared} became healthy, and ECS rolled the service {service} back to {running}, whose tasks"
            " still serve.\n"
            f"  why: aws ecs describe-services --cluster CLUSTER --services {service} --query 'services[0].events[:9]'"
            "\n  fix the cause, or set the old value again, and run `pulumi up`"
        )


def _require_deployed(service: str, running: str, declared: str) -> str:
    """Return the service's name if it runs the declared task definition.

    For the AWS provider, a service that was rolled back is stable (pulumi-aws#4487). Without this error, `pulumi up`
    would succeed and then delete what the old tasks still need, such as the permission to pull their image.

    Raises:
        DeploymentRolledBack: the service runs another task definition.
    """
    if running != declared:
        raise DeploymentRolledBack(service, running, declared)
    return service


class Service(pulumi.ComponentResource):
    """Replicas of the registry, spread over Availability Zones and instances, and replaced without downtime.

    Creates: aws.cloudwatch.LogGroup; random.RandomPassword and aws.ssm.Parameter (the HTTP secret that the replicas
    share); with `upstream_password`, another aws.ssm.Parameter; two aws.iam.Role (task, task execution) with
    aws.iam.RolePolicy; aws.ecs.TaskDefinition; aws.ecs.Service.

    Attributes:
        service_name: the ECS service's name. It is known when the service runs the declared task definition.
        task_definition_family: the task definition's family.
        task_definition_arn: the task definition's ARN, with its revision.
        task_role: the role of the registry's containers.
        execution_role: the role with which ECS starts them.
        container: the settings of the registry's containers.
        log_group_name: the name of the CloudWatch log group.
        log_group_arn: the ARN of the CloudWatch log group.
    """

    service_name: pulumi.Output[str]
    task_definition_family: pulumi.Output[str]
    task_definition_arn: pulumi.Output[str]
    task_role: aws.iam.Role
    execution_role: aws.iam.Role
    container: pulumi.Output[ContainerSettings]
    log_group_name: pulumi.Output[str]
    log_group_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Service", name, {}, opts)
        self._prefix, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-log", retention_in_days=args.log_retention_days, tags=args.tags, opts=self._child
        )
        http_secret = self._http_secret()
        upstream_password = self._upstream_password()
        secrets = [http_secret] if upstream_password is None else [http_secret, upstream_password]
        run = pulumi.Output.all(log_group.arn, *(secret.arn for secret in secrets)).apply(
            lambda arns: policies.task_execution(arns[0], arns[1:])
        )
        execution = self._role("execution", {"run": run, **args.execution_policies})
        task = self._role("task", args.task_policies)
        self.task_role, self.execution_role = task.role, execution.role
        self.log_group_name, self.log_group_arn = log_group.name, log_group.arn
        self.container = pulumi.Output.all(
            bucket=args.images_bucket,
            log_group=log_group.name,
            http_secret_arn=http_secret.arn,
            tokens=args.tokens,
            upstream=args.upstream,
            upstream_username=args.upstream_username,
            upstream_password_arn=upstream_password and upstream_password.arn,
            upstream_password_version=upstream_password and upstream_password.version,
        ).apply(
            lambda known: ContainerSettings(
                image=args.image,
                memory_limit=args.memory_limit,
                cpu_reservation=args.cpu_reservation,
                region=args.location.region,
                redirects=args.redirects,
                deletes=args.deletes,
                **known,
            )
        )
        definition = aws.ecs.TaskDefinition(
            f"{name}-task",
            family=pulumi.Output.concat(args.cluster_name, "-", NAME),
            network_mode="bridge",
            requires_compatibilities=["EC2"],
            execution_role_arn=execution.role.arn,
            task_role_arn=task.role.arn,
            volumes=[{"name": volume.name, "host_path": volume.host_path} for volume in VOLUMES],
            container_definitions=self.container.apply(lambda known: json.dumps([container_definition(known)])),
            tags=args.tags,
            opts=self._child,
        )
        self.task_definition_family, self.task_definition_arn = definition.family, definition.arn
        service = self._service(definition, [*execution.policies, *task.policies])
        deployment = pulumi.Output.all(service=service.name, running=service.task_definition, declared=definition.arn)
        self.service_name = deployment.apply(lambda known: _require_deployed(**known))
        self.register_outputs({"serviceName": self.service_name})

    def _http_secret(self) -> aws.ssm.Parameter:
        generated = random.RandomPassword(f"{self._prefix}-http-secret", length=64, special=False, opts=self._child)
        return self._parameter("http-secret", generated.result, "The secret that the registry's replicas share")

    def _upstream_password(self) -> aws.ssm.Parameter | None:
        if self._args.upstream_password is None:
            return None
        return self._parameter(
            "upstream-password",
            self._args.upstream_password,
            pulumi.Output.format("The registry's password at {0}", self._args.upstream),
        )

    def _parameter(self, suffix: str, value: pulumi.Input[str], description: pulumi.Input[str]) -> aws.ssm.Parameter:
        return aws.ssm.Parameter(
            f"{self._prefix}-{suffix}",
            # The provider adds no random suffix to a parameter's name. The cluster's name has one.
            name=pulumi.Output.concat("/private-registry/", self._args.cluster_name, "/", suffix),
            description=description,
            type="SecureString",
            value=pulumi.Output.secret(value),
            tags=self._args.tags,
            opts=self._child,
        )

    def _role(self, suffix: str, documents: Mapping[str, pulumi.Input[str]]) -> RoleWithPolicies:
        return create_role(
            f"{self._prefix}-{suffix}",
            trust_policy=pulumi.Output.from_input(self._args.cluster_arn).apply(policies.assume_task_role),
            policies=documents,
            tags=self._args.tags,
            opts=self._child,
        )

    def _service(
        self, definition: aws.ecs.TaskDefinition, role_policies: Sequence[aws.iam.RolePolicy]
    ) -> aws.ecs.Service:
        args = self._args
        return aws.ecs.Service(
            f"{self._prefix}-service",
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
            wait_for_steady_state=True,  # `pulumi up` ends when the registry serves, or with an error
            tags=args.tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=role_policies,  # a task needs them when it starts
                ignore_changes=["desiredCount"] if args.scaled else None,
            ),
        )
