"""A sandbox in which things happen: what ECS and Auto Scaling do when tasks and instances come and go."""

from __future__ import annotations

import dataclasses
import os
import signal
from contextlib import ExitStack
from pathlib import Path

from sandbox.client import client
from sandbox.ecs import agent, load_balancer
from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.instance import Instance, launched, require_joined
from sandbox.evaluation.declared import Declaration
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import registry_process

# The load balancer's health checks are a second apart here, not ten.
CHECK_SECONDS = 1
# Of the units' own 60 s: the instances look for new files every 1.8 s.
TIMER_SCALE = 0.03
# The declared times before and after a task's SIGTERM pass so much faster.
STOP_SCALE = 0.05


class Fleet:
    """The tasks of a sandbox behind a load balancer of their own, with ECS's hands on them.

    Attributes:
        sandbox: its containers are those of the start.
        instances: those that live.
        tasks: those that live.
    """

    def __init__(self, sandbox: Sandbox, folder: Path, exits: ExitStack) -> None:
        self._folder = folder
        self._exits = exits
        self._started = 0
        declaration = load_balancer.checked_every(sandbox.stack.declaration, CHECK_SECONDS)
        balancer = load_balancer.balancing(declaration, sandbox.containers, folder / "load-balancer")
        self.balancer = exits.enter_context(balancer)
        name = sandbox.client.registry.partition(":")[0]
        self.sandbox = dataclasses.replace(
            sandbox, balancer=self.balancer, client=client(self.balancer, name, folder / "client")
        )
        self.instances = list(sandbox.instances)
        self.tasks = list(sandbox.containers)

    @property
    def login(self) -> tuple[str, str]:
        """The user and the password of the stack's own."""
        return self.sandbox.user, self.sandbox.password

    def instance_of(self, task: RunningContainer) -> Instance:
        """Where it runs."""
        return next(instance for instance in self.instances if instance.address == task.address)

    def start_task(self, instance: Instance, declaration: Declaration | None = None) -> RunningContainer:
        """A new task, once the load balancer sends it requests.

        Args:
            declaration: with the task definition, if it is not the sandbox's.
        """
        declared = declaration or self.sandbox.stack.declaration
        assert agent.fits(declared, instance), f"ECS would not place this task on {instance.address}"
        role = declared.one("aws:ecs/taskDefinition:TaskDefinition").inputs["taskRoleArn"]
        self._started += 1
        folder = self._folder / f"task-{self._started}"
        folder.mkdir()
        starting = self.sandbox.runtime.running(
            agent.container(declared, instance, self.sandbox.stack.aws("ssm")),
            role=self.sandbox.credentials.environment_for(role),
            address=instance.address,
            folder=folder,
        )
        task = self._exits.enter_context(starting)
        self.balancer.register(task)
        self.tasks.append(task)
        return task

    def kill_task(self, task: RunningContainer) -> None:
        """SIGKILL, of which nobody is told."""
        process = registry_process(int(task.id))
        os.kill(process, signal.SIGKILL)
        _wait_for_the_end(process, seconds=5)

    def forget_task(self, task: RunningContainer) -> None:
        """ECS has seen that it has ended, and the load balancer knows it no more."""
        self.balancer.remove(task)
        self.tasks.remove(task)

    def stop_task(self, task: RunningContainer) -> None:
        """As ECS does it: no more requests, then SIGTERM after the deregistration delay.

        Raises:
            SandboxError: it did not end by itself within its stop timeout, after which ECS would kill it.
        """
        group = self.sandbox.stack.declaration.one("aws:lb/targetGroup:TargetGroup").inputs
        container = agent.container(
            self.sandbox.stack.declaration, self.instance_of(task), self.sandbox.stack.aws("ssm")
        )
        self.balancer.deregister(task)
        wait_until(
            lambda: not self.balancer.under_way(task),
            "the end of the requests under way",
            seconds=group["deregistrationDelay"] * STOP_SCALE,
        )
        process = registry_process(int(task.id))
        os.kill(process, signal.SIGTERM)
        _wait_for_the_end(process, seconds=container.stop_timeout * STOP_SCALE)

    def lose_instance(self, instance: Instance) -> list[RunningContainer]:
        """Everything on it is killed at once, of which nobody is told. Returns its tasks."""
        lost = [task for task in self.tasks if task.address == instance.address]
        for process in [instance.pid, *(int(task.id) for task in lost)]:
            os.kill(process, signal.SIGKILL)
        self.instances.remove(instance)
        return lost

    def boot_instance(self, address: str, declaration: Declaration | None = None) -> Instance:
        """A new instance, once it has joined the cluster.

        Args:
            declaration: with the launch template, if it is not the sandbox's.
        """
        declaration = declaration or self.sandbox.stack.declaration
        booting = launched(
            declaration,
            self._folder / f"instance-{address}",
            address=address,
            api=self.sandbox.stack.api,
            timer_scale=TIMER_SCALE,
        )
        instance = self._exits.enter_context(booting)
        require_joined(instance, declaration.one("aws:ecs/cluster:Cluster").outputs["name"])
        self.instances.append(instance)
        return instance


def _wait_for_the_end(process: int, *, seconds: float) -> None:
    wait_until(lambda: not Path(f"/proc/{process}").exists(), f"the end of process {process}", seconds=seconds)
