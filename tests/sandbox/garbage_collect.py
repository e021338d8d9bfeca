"""Garbage collections by the registry's command alone, on a sandbox's images."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.aws.emulator import AwsApi
from sandbox.ecs.agent import Container
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime, config_path
from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.task import running_task
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until

COLLECTION_SECONDS = 60


def collect(sandbox: Sandbox, folder: Path) -> None:
    """Run a garbage collection."""
    with collecting(sandbox, folder) as collection:
        wait_for_end(collection)


@contextmanager
def collecting(sandbox: Sandbox, folder: Path, *, s3: AwsApi | None = None) -> Iterator[RunningContainer]:
    """Run the service's task with the command of a garbage collection, as `aws ecs run-task` does.

    Args:
        s3: the S3 of the task. Default: the sandbox's.
    """
    with running_task(
        sandbox.stack.declaration,
        sandbox.instances[0],
        runtime=BubblewrapRuntime(s3 or sandbox.stack.api, lambda _: None),
        credentials=sandbox.credentials,
        ssm=sandbox.stack.aws("ssm"),
        folder=folder,
        change=_with_command,
    ) as task:
        yield task


def wait_for_end(collection: RunningContainer) -> None:
    wait_until(collection.ended, "the end of the garbage collection", seconds=COLLECTION_SECONDS)
    assert "eligible for deletion" in collection.output()
    assert "failed to garbage collect" not in collection.output()


def _with_command(container: Container) -> Container:
    return dataclasses.replace(container, command=("garbage-collect", config_path(container)))
