"""A whole sandbox: a stack that runs on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import stacks
from sandbox.aws.emulator import AwsApi
from sandbox.client import Client, create_client
from sandbox.ecs import credentials, lambda_target, load_balancer
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime
from sandbox.ecs.credentials import CredentialsEndpoint
from sandbox.ecs.docker_runtime import docker_runtime
from sandbox.ecs.instance import Instance, launched, require_joined
from sandbox.ecs.lambda_target import Target
from sandbox.ecs.load_balancer import LoadBalancer
from sandbox.ecs.runtime import RunningContainer, Runtime
from sandbox.ecs.task import running_task
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration
from sandbox.machine import programs, signals
from sandbox.report import Report
from sandbox.stacks import DeclaredStack

CONTAINERS = ("bubblewrap", "docker")


@dataclass(frozen=True)
class Options:
    """Options of a sandbox.

    Attributes:
        project: the folder of the Pulumi project.
        stack: the name of one of its stacks.
        folder: for the sandbox's files.
        instances: the number of container instances; None is the desired capacity of the Auto Scaling group.
        engine: run `pulumi up`, and not the program under Pulumi's test runtime.
        containers: what runs the containers, one of `CONTAINERS`.
        timer_scale: the factor for the waiting times of the instances' timers; below 1, they run more often.
    """

    project: Path
    stack: str
    folder: Path
    instances: int | None = None
    engine: bool = False
    containers: str = "bubblewrap"
    timer_scale: float = 1.0


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. `instances` and `containers` have the same order: one container runs on each instance.

    Attributes:
        functions: the load balancer's target groups that have a Lambda function.
    """

    stack: DeclaredStack
    folder: Path
    instances: Sequence[Instance]
    containers: Sequence[RunningContainer]
    runtime: Runtime
    credentials: CredentialsEndpoint
    functions: Sequence[Target]
    balancer: LoadBalancer
    client: Client
    user: str
    password: str = field(repr=False)

    @property
    def password_file(self) -> Path:
        """The file with the password, readable only by its owner."""
        return self.folder / "password"


@contextmanager
def sandbox(options: Options, report: Report) -> Iterator[Sandbox]:
    """Run a stack until the end of the block, once every target is healthy. After a failure, everything is stopped too.

    Raises:
        SandboxError: a part of the sandbox did not start.
        Exception: an error of the program.
    """
    programs.require(programs.ALWAYS)
    programs.require_aws_cli()
    stack_by = stacks.by_engine if options.engine else stacks.by_evaluation
    with ExitStack() as exits:
        stack = exits.enter_context(stack_by(options.project, options.stack, options.folder, report))
        with _stopping(exits, report):
            user, password = _login(stack.declaration)
            runtime = exits.enter_context(_runtime(options, stack.api, report))
            endpoint = exits.enter_context(credentials.serving(runtime.host, stack.api.access_key))
            instances = _instances(stack, options, runtime.host, report, exits)
            containers = [_container(stack, instance, runtime, endpoint, report, exits) for instance in instances]
            with report.step("start the load balancer") as detail:
                folder = options.folder / "load-balancer"
                serving = lambda_target.serving(stack.declaration, stack.api, options.folder / "functions")
                functions = exits.enter_context(serving)
                balancer = exits.enter_context(load_balancer.running(stack.declaration, containers, folder, functions))
                detail(f"{len(containers)} of {len(containers)} targets healthy")
            # The name that clients use: the domain, or the DNS name of the load balancer.
            name = stack.declaration.exports["registryUrl"].removeprefix("https://")
            running = Sandbox(
                stack=stack,
                folder=options.folder,
                instances=instances,
                containers=containers,
                runtime=runtime,
                credentials=endpoint,
                functions=functions,
                balancer=balancer,
                client=create_client(balancer, name, options.folder / "client"),
                user=user,
                password=password,
            )
            running.password_file.touch(mode=0o600)
            running.password_file.write_text(password)
            yield running


@contextmanager
def _stopping(exits: ExitStack, report: Report) -> Iterator[None]:
    """Stop everything at the end, and ignore signals meanwhile."""
    try:
        yield
    finally:
        with signals.ignored(), report.step("stop everything"):
            exits.close()


@contextmanager
def _runtime(options: Options, api: AwsApi, report: Report) -> Iterator[Runtime]:
    if options.containers == "bubblewrap":
        yield BubblewrapRuntime(api, report.notice)
        return
    with ExitStack() as exits:
        with report.step("start Docker Engine"):
            runtime = exits.enter_context(docker_runtime(api, options.folder, report.notice))
        yield runtime


def _instances(stack: DeclaredStack, options: Options, host: str, report: Report, exits: ExitStack) -> list[Instance]:
    group = stack.declaration.one("aws:autoscaling/group:Group").inputs
    cluster = stack.declaration.one("aws:ecs/cluster:Cluster").outputs["name"]
    instances = []
    for number in range(1, (options.instances or group["desiredCapacity"]) + 1):
        address = f"127.0.0.{number + 1}"
        with report.step(f"boot instance {address}") as detail:
            instance = exits.enter_context(
                launched(
                    stack.declaration,
                    options.folder / f"instance-{number}",
                    address=address,
                    api=stack.api,
                    host=host,
                    timer_scale=options.timer_scale,
                )
            )
            require_joined(instance, cluster)
            detail(f"launch hook {instance.launch_result}, cluster {instance.cluster}")
        instances.append(instance)
    return instances


def _container(
    stack: DeclaredStack,
    instance: Instance,
    runtime: Runtime,
    endpoint: CredentialsEndpoint,
    report: Report,
    exits: ExitStack,
) -> RunningContainer:
    with report.step(f"start the task on {instance.address}") as detail:
        running = exits.enter_context(
            running_task(
                stack.declaration,
                instance,
                runtime=runtime,
                credentials=endpoint,
                ssm=stack.aws("ssm"),
                folder=instance.root.parent,
            )
        )
        detail(f"{running.definition.image} as user {running.definition.user or 'root'}, port {running.port}")
    return running


def _login(declaration: Declaration) -> tuple[str, str]:
    """A user and password that the stack exports."""
    for user, password in declaration.exports.get("passwords", {}).items():
        return user, password
    raise SandboxError(
        "the stack exports no generated password, so the sandbox cannot log in; "
        "run a stack without registry:users and registry:htpasswd"
    )
