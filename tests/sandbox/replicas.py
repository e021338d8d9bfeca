"""More replicas of a running sandbox's registry, on the same instances and bucket, with something changed."""

from __future__ import annotations

import dataclasses
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import urllib3

from sandbox.aws.emulator import AwsApi
from sandbox.client import client
from sandbox.ecs import agent, load_balancer
from sandbox.ecs.agent import Container
from sandbox.ecs.bubblewrap_runtime import BubblewrapRuntime
from sandbox.evaluation.declared import Declaration
from sandbox.local import Sandbox

_CHECK_SECONDS = 1
_SECONDS = 30


def as_declared(container: Container) -> Container:
    """No change."""
    return container


@contextmanager
def replicas(
    sandbox: Sandbox,
    folder: Path,
    *,
    s3: AwsApi | None = None,
    declaration: Declaration | None = None,
    change: Callable[[Container], Container] = as_declared,
    check_seconds: int | None = _CHECK_SECONDS,
) -> Iterator[Sandbox]:
    """A replica on each instance behind a load balancer of their own, logged in; all is stopped at the end.

    Args:
        folder: for their files.
        s3: where they find S3. Default: where the sandbox's do.
        declaration: what the load balancer is made from. Default: the sandbox's.
        change: is made to the container definition on each instance.
        check_seconds: from health check to health check; None as declared.
    """
    runtime = BubblewrapRuntime(s3 or sandbox.stack.api, lambda _: None)
    declared = declaration or sandbox.stack.declaration
    checked = declared if check_seconds is None else load_balancer.checked_every(declared, check_seconds)
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


def ask_replica(
    sandbox: Sandbox, number: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """Send one request to a replica itself, by its number.

    Its certificate is the instance's own, which names no address.
    """
    number %= len(sandbox.containers)
    container = sandbox.containers[number]
    certificate = sandbox.instances[number].host_path("/docker-registry/certs/domain.crt").read_text()
    login = urllib3.make_headers(basic_auth=f"{sandbox.user}:{sandbox.password}")
    context = ssl.create_default_context(cadata=certificate)
    context.check_hostname = False
    with urllib3.HTTPSConnectionPool(
        container.address, container.port, timeout=_SECONDS, ssl_context=context, assert_hostname=False
    ) as pool:
        return pool.urlopen(method, path, body, {**login, **(headers or {})}, redirect=False, retries=False)
