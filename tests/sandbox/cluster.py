"""An ECS cluster in which tasks and instances start, stop and die, as by ECS and Auto Scaling."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack
from pathlib import Path

from sandbox.ecs import load_balancer
from sandbox.ecs.instance import Instance, launched, require_joined
from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.task import running_task
from sandbox.evaluation.declared import Declaration
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import registry_process
from tests.sandbox.replicas import with_load_balancer

# Of the timers' 60 s: the instances fetch their files every 1.8 s.
TIMER_SCALE = 0.03
# Of the deregistration delay and the stop timeout.
STOP_SCALE = 0.05


class Cluster:
    """The instances and tasks of a sandbox, behind their own load balancer.

    Attributes:
        sandbox: the sandbox with this load balancer. Its containers are those of the start.
        instances: the current instances.
        tasks: the current tasks.
    """

    def __init__(self, sandbox: Sandbox, folder: Path, exits: ExitStack) -> None:
        self._folder = folder
        self._exits = exits
        self._started_tasks = 0
        balanced = with_load_balancer(sandbox, sandbox.containers, folder, declaration=sandbox.stack.declaration)
        self.sandbox = exits.enter_context(balanced)
        self.balancer = self.sandbox.balancer
        self.instances = list(sandbox.instances)
        self.tasks = list(sandbox.containers)

    @property
    def login(self) -> tuple[str, str]:
        """The stack's user and password."""
        return self.sandbox.user, self.sandbox.password

    def instance_of(self, task: RunningContainer) -> Instance:
        """The instance that runs a task."""
        return next(instance for instance in self.instances if instance.address == task.address)

    def start_task(self, instance: Instance, declaration: Declaration | None = None) -> RunningContainer:
        """Start a task, and wait until the load balancer sends requests to it.

        Args:
            declaration: has the task definition. Default: the sandbox's.
        """
        self._started_tasks += 1
        folder = self._folder / f"task-{self._started_tasks}"
        folder.mkdir()
        starting = running_task(
            declaration or self.sandbox.stack.declaration,
            instance,
            runtime=self.sandbox.runtime,
            credentials=self.sandbox.credentials,
            ssm=self.sandbox.stack.aws("ssm"),
            folder=folder,
        )
        task = self._exits.enter_context(starting)
        self.balancer.register(task)
        self.tasks.append(task)
        return task

    def kill_task(self, task: RunningContainer) -> None:
        """Send SIGKILL. The load balancer is not notified."""
        process = registry_process(task)
        os.kill(process, signal.SIGKILL)
        _wait_for_end(process, seconds=5)

    def remove_task(self, task: RunningContainer) -> None:
        """Remove a task that has ended from the load balancer, as ECS does."""
        self.balancer.remove(task)
        self.tasks.remove(task)

    def stop_task(self, task: RunningContainer) -> None:
        """Stop a task like ECS: deregister it, and send SIGTERM after the deregistration delay.

        Raises:
            SandboxError: it did not end within its stop timeout, after which ECS would kill it.
        """
        group = load_balancer.default_group(self.sandbox.stack.declaration).inputs
        self.balancer.deregister(task)
        wait_until(
            lambda: not self.balancer.active_requests(task),
            "the end of the active requests",
            seconds=group["deregistrationDelay"] * STOP_SCALE,
        )
        process = registry_process(task)
        os.kill(process, signal.SIGTERM)
        _wait_for_end(process, seconds=task.definition.stop_timeout * STOP_SCALE)

    def kill_instance(self, instance: Instance) -> list[RunningContainer]:
        """Send SIGKILL to all processes of an instance. Return its tasks. The load balancer is not notified."""
        tasks = [task for task in self.tasks if task.address == instance.address]
        for process in [instance.pid, *(int(task.id) for task in tasks)]:
            os.kill(process, signal.SIGKILL)
        self.instances.remove(instance)
        return tasks

    def boot_instance(self, address: str, declaration: Declaration | None = None) -> Instance:
        """Boot an instance that joins the cluster.

        Args:
            declaration: has the launch template. Default: the sandbox's.
        """
        declaration = declaration or self.sandbox.stack.declaration
        booting = launched(
            declaration,
            self._folder / f"instance-{address}",
            address=address,
            api=self.sandbox.stack.api,
            host=self.sandbox.runtime.host,
            timer_scale=TIMER_SCALE,
        )
        instance = self._exits.enter_context(booting)
        require_joined(instance, declaration.one("aws:ecs/cluster:Cluster").outputs["name"])
        self.instances.append(instance)
        return instance


def _wait_for_end(process: int, *, seconds: float) -> None:
    wait_until(lambda: not Path(f"/proc/{process}").exists(), f"the end of process {process}", seconds=seconds)
