"""A task of the service, as ECS places it on a container instance and starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.ecs import agent
from sandbox.ecs.agent import Container
from sandbox.ecs.credentials import CredentialsEndpoint
from sandbox.ecs.instance import Instance
from sandbox.ecs.runtime import RunningContainer, Runtime
from sandbox.evaluation.declared import Declaration, Resource


def unchanged(container: Container) -> Container:
    """Return the container as it is."""
    return container


@contextmanager
def running_task(
    declaration: Declaration,
    instance: Instance,
    *,
    runtime: Runtime,
    credentials: CredentialsEndpoint,
    ssm: Any,
    folder: Path,
    definition: Resource | None = None,
    change: Callable[[Container], Container] = unchanged,
) -> Iterator[RunningContainer]:
    """Run a task on an instance until the end of the block.

    Args:
        runtime: runs the container.
        credentials: has the credentials of the task role.
        ssm: a boto3 client, for the container's secrets in Parameter Store.
        folder: for the container's files.
        definition: the task definition. Default: the service's.
        change: changes the container definition.

    Raises:
        SandboxError: the container did not start.
    """
    task = definition or agent.service_task(declaration)
    path = credentials.new_path(task.inputs.get("taskRoleArn"))
    with (
        runtime.running(
            change(agent.container(task, instance, ssm)),
            role=credentials.environment(path),
            address=instance.address,
            folder=folder,
        ) as container,
        instance.listing(container.id, address=container.source, agent=credentials.url, credentials_path=path),
    ):
        yield container
