"""More replicas of a sandbox's registry, on the same instances and bucket, with changed settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import urllib3

from sandbox.aws.emulator import AwsApi
from sandbox.client import create_client
from sandbox.ecs import load_balancer
from sandbox.ecs.agent import Container
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime
from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.task import running_task, unchanged
from sandbox.evaluation.declared import Declaration
from sandbox.local import Sandbox
from sandbox.registry_client import Endpoint

_CHECK_SECONDS = 1


@contextmanager
def replicas(
    sandbox: Sandbox,
    folder: Path,
    *,
    s3: AwsApi | None = None,
    declaration: Declaration | None = None,
    change: Callable[[Container], Container] = unchanged,
    check_seconds: int | None = _CHECK_SECONDS,
) -> Iterator[Sandbox]:
    """Run a replica on each instance, with their own load balancer and a logged-in client, until the end of the block.

    Args:
        folder: for their files.
        s3: the S3 of the replicas. Default: the sandbox's.
        declaration: has the task definition and the load balancer. Default: the sandbox's.
        change: changes the container definition of each replica.
        check_seconds: the interval of the health checks. None is the declared interval.
    """
    declared = declaration or sandbox.stack.declaration
    runtime = BubblewrapRuntime(s3 or sandbox.stack.api, lambda _: None)
    with ExitStack() as exits:
        containers = []
        for instance in sandbox.instances:
            own = folder / instance.address
            own.mkdir(parents=True)
            task = running_task(
                declared,
                instance,
                runtime=runtime,
                credentials=sandbox.credentials,
                ssm=sandbox.stack.aws("ssm"),
                folder=own,
                change=change,
            )
            containers.append(exits.enter_context(task))
        changed = dataclasses.replace(sandbox, folder=folder, containers=containers, runtime=runtime)
        balanced = with_load_balancer(changed, containers, folder, declaration=declared, check_seconds=check_seconds)
        running = exits.enter_context(balanced)
        assert running.client.login(sandbox.user, sandbox.password).returncode == 0
        yield running


@contextmanager
def with_load_balancer(
    sandbox: Sandbox,
    containers: Sequence[RunningContainer],
    folder: Path,
    *,
    declaration: Declaration,
    check_seconds: int | None = _CHECK_SECONDS,
) -> Iterator[Sandbox]:
    """Put containers behind a new load balancer, until the end of the block.

    Args:
        folder: for the files of the load balancer and its client.
        declaration: has the load balancer.
        check_seconds: the interval of the health checks. None is the declared interval.

    Returns:
        The sandbox with this load balancer and a client of it.
    """
    checked = declaration if check_seconds is None else load_balancer.with_check_interval(declaration, check_seconds)
    with load_balancer.running(checked, containers, folder / "load-balancer", sandbox.functions) as balancer:
        client = create_client(balancer, balancer.name, folder / "client")
        yield dataclasses.replace(sandbox, balancer=balancer, client=client)


def with_settings(**settings: str) -> Callable[[Container], Container]:
    """Return a change of a container's environment variables."""

    def change(container: Container) -> Container:
        return dataclasses.replace(container, environment={**container.environment, **settings})

    return change


def ask_replica(
    sandbox: Sandbox, number: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """Send a request to one replica, by its number, and verify the certificate of its instance."""
    number %= len(sandbox.containers)
    container = sandbox.containers[number]
    certificate = sandbox.instances[number].host_path("/docker-registry/certs/domain.crt").read_text()
    replica = Endpoint(
        container.address, container.port, certificates=certificate, login=(sandbox.user, sandbox.password)
    )
    with replica.connections(1) as pool:
        return pool.urlopen(method, path, body, {**replica.headers(), **(headers or {})}, redirect=False, retries=False)
