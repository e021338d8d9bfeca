"""More replicas of a running sandbox's registry, on the same instances and bucket, with something changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sandbox import agent, load_balancer
from sandbox.agent import Container
from sandbox.bubblewrap_runtime import BubblewrapRuntime
from sandbox.client import client
from sandbox.declared import Declaration
from sandbox.local import Sandbox

_CHECK_SECONDS = 1


def as_declared(container: Container) -> Container:
    """No change."""
    return container


@contextmanager
def replicas(
    sandbox: Sandbox,
    folder: Path,
    *,
    s3_url: str = "",
    declaration: Declaration | None = None,
    change: Callable[[Container], Container] = as_declared,
) -> Iterator[Sandbox]:
    """A replica on each instance behind a load balancer of their own, logged in; all is stopped at the end.

    Health checks are a second apart.

    Args:
        folder: for their files.
        s3_url: where they find S3. Default: where the sandbox's do.
        declaration: what the load balancer is made from. Default: the sandbox's.
        change: is made to the container definition on each instance.
    """
    runtime = BubblewrapRuntime(s3_url or sandbox.stack.api_url, lambda _: None)
    declared = declaration or sandbox.stack.declaration
    checked = load_balancer.checked_every(declared, _CHECK_SECONDS)
    role = declared.one("aws:ecs/taskDefinition:TaskDefinition").inputs["taskRoleArn"]
    with ExitStack() as exits:
        containers = []
        for instance in sandbox.instances:
            own = folder / instance.address
            own.mkdir(parents=True)
            container = change(agent.container(declared, instance, sandbox.stack.aws("ssm")))
            running = runtime.running(
                container,
                role=sandbox.credentials.environment_for(role),
                address=instance.address,
                folder=own,
            )
            containers.append(exits.enter_context(running))
        balancer = exits.enter_context(load_balancer.balancing(checked, containers, folder / "load-balancer"))
        changed = dataclasses.replace(
            sandbox,
            folder=folder,
            containers=containers,
            runtime=runtime,
            balancer=balancer,
            client=client(balancer, balancer.name, folder / "client"),
        )
        assert changed.client.login(sandbox.user, sandbox.password).returncode == 0
        yield changed
