"""The whole sandbox: what a stack declares, running on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import stacks
from sandbox.aws.emulator import AwsApi
from sandbox.client import Client, client
from sandbox.ecs import agent, credentials, load_balancer
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime
from sandbox.ecs.containers import RunningContainer, Runtime
from sandbox.ecs.credentials import CredentialsEndpoint
from sandbox.ecs.docker_runtime import docker_runtime
from sandbox.ecs.instance import Instance, launched, require_joined
from sandbox.ecs.load_balancer import LoadBalancer
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration
from sandbox.machine import interruption, programs
from sandbox.report import Report
from sandbox.stacks import DeclaredStack

CONTAINERS = ("bubblewrap", "docker")


@dataclass(frozen=True)
class Options:
    """What to run, and how.

    Attributes:
        project: the Pulumi project's folder.
        stack: one of its stacks.
        folder: for the sandbox's files.
        instances: how many; None is the Auto Scaling Group's desired capacity.
        engine: whether `pulumi up` makes the declaration, instead of Pulumi's test runtime.
        containers: one of `CONTAINERS`.
        timer_scale: below 1, the instances' timers fire more often than their units say.
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
    """A running sandbox: `instances` and `containers` have the same order."""

    stack: DeclaredStack
    folder: Path
    instances: Sequence[Instance]
    containers: Sequence[RunningContainer]
    runtime: Runtime
    credentials: CredentialsEndpoint
    balancer: LoadBalancer
    client: Client
    user: str
    password: str = field(repr=False)

    @property
    def password_file(self) -> Path:
        """The password's place, for its owner's eyes only."""
        return self.folder / "password"


@contextmanager
def sandbox(options: Options, report: Report) -> Iterator[Sandbox]:
    """Everything, healthy; everything is stopped at the end, also after a failure.

    Raises:
        SandboxError: something did not start.
        Exception: whatever the program raises.
    """
    programs.require(programs.ALWAYS)
    programs.require_aws_cli()
    door = stacks.by_engine if options.engine else stacks.by_evaluation
    with ExitStack() as exits:
        stack = exits.enter_context(door(options.project, options.stack, options.folder, report))
        with _stopped(exits, report):
            user, password = _login(stack.declaration)
            runtime = exits.enter_context(_runtime(options, stack.api, report))
            endpoint = exits.enter_context(credentials.serving(runtime.host, stack.api.keys))
            instances = _instances(stack, options, report, exits)
            containers = [_container(stack, instance, runtime, endpoint, report, exits) for instance in instances]
            with report.step("load balancer up and healthy") as detail:
                folder = options.folder / "load-balancer"
                balancer = exits.enter_context(load_balancer.balancing(stack.declaration, containers, folder))
                detail(f"{len(containers)} of {len(containers)} targets")
            # What the stack exports as its address is what people would use.
            name = stack.declaration.exports["registryUrl"].removeprefix("https://")
            running = Sandbox(
                stack=stack,
                folder=options.folder,
                instances=instances,
                containers=containers,
                runtime=runtime,
                credentials=endpoint,
                balancer=balancer,
                client=client(balancer, name, options.folder / "client"),
                user=user,
                password=password,
            )
            running.password_file.touch(mode=0o600)
            running.password_file.write_text(password)
            yield running


@contextmanager
def _stopped(exits: ExitStack, report: Report) -> Iterator[None]:
    """Stops what was started, undisturbed by signals, and says so."""
    try:
        yield
    finally:
        with interruption.undisturbed(), report.step("stop everything"):
            exits.close()


@contextmanager
def _runtime(options: Options, api: AwsApi, report: Report) -> Iterator[Runtime]:
    if options.containers == "bubblewrap":
        yield BubblewrapRuntime(api, report.notice)
        return
    with ExitStack() as exits:
        with report.step("Docker Engine"):
            runtime = exits.enter_context(docker_runtime(api, options.folder, report.notice))
        yield runtime


def _instances(stack: DeclaredStack, options: Options, report: Report, exits: ExitStack) -> list[Instance]:
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
    role = stack.declaration.one("aws:ecs/taskDefinition:TaskDefinition").inputs.get("taskRoleArn")
    with report.step(f"start the task on {instance.address}") as detail:
        if not agent.fits(stack.declaration, instance):
            raise SandboxError(f"no placement constraint of the task is met by the instance {instance.address}")
        container = agent.container(stack.declaration, instance, stack.aws("ssm"))
        running = exits.enter_context(
            runtime.running(
                container,
                role=endpoint.environment_for(role),
                address=instance.address,
                folder=instance.root.parent,
            )
        )
        detail(f"{container.image} as {container.user or 'root'}, port {running.port}")
    return running


def _login(declaration: Declaration) -> tuple[str, str]:
    """A user and a password that the stack exports."""
    for user, password in declaration.exports.get("passwords", {}).items():
        return user, password
    raise SandboxError(
        "the stack has no generated password, so the sandbox cannot log in; leave registry:users and registry:htpasswd "
        "out of the stack that it runs"
    )
