"""The credentials for S3: from the task role, with both major versions of the registry."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from sandbox import acceptance
from sandbox.ecs.agent import Container
from sandbox.ecs.runtime import wait_until_serving
from sandbox.ecs.task import running_task
from sandbox.local import Sandbox
from sandbox.machine import programs
from tests.sandbox.helpers import registry_process
from tests.sandbox.https import ask

_KEYS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_all_checks_pass(prod: Sandbox) -> None:
    for check in acceptance.CHECKS.values():
        assert check(prod)


def test_prod_runs_registry_3(prod: Sandbox) -> None:
    assert all(f"v{programs.REGISTRIES[3].release}" in container.output() for container in prod.containers)


def test_registry_3_uses_the_task_role(prod: Sandbox) -> None:
    for container in prod.containers:
        environment = environment_of(registry_process(container))
        assert not _KEYS & environment.keys()
        task = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"].rpartition("/")[2]
        assert prod.credentials.request_counts[task] >= 1


def test_registry_2_gets_the_task_role_from_the_relay_of_its_instance(dev: Sandbox) -> None:
    for instance, container in zip(dev.instances, dev.containers, strict=True):
        assert not _KEYS & environment_of(registry_process(container)).keys()
        assert ask(container, "GET", "/v2/any/tags/list", login=(dev.user, dev.password)).status == 404
        to_agent = [url for *_, url in instance.calls("curl") if url.startswith("http://169.254.170.2/")]
        task = to_agent[0].rpartition("/")[2]
        assert dev.credentials.request_counts[task] >= 1


def test_registry_2_cannot_push_without_the_relay(dev: Sandbox, tmp_path: Path) -> None:
    """Its health check passes nevertheless."""

    def without_relay(container: Container) -> Container:
        return dataclasses.replace(container, metadata_service="")

    task = running_task(
        dev.stack.declaration,
        dev.instances[0],
        runtime=dev.runtime,
        credentials=dev.credentials,
        ssm=dev.stack.aws("ssm"),
        folder=tmp_path,
        change=without_relay,
    )
    with task as container:
        wait_until_serving(container)
        login = (dev.user, dev.password)
        healthy = ask(container, "GET", "/v2/", login=login).status
        pushed = ask(container, "POST", "/v2/image/blobs/uploads/", login=login).status
    assert (healthy, pushed) == (200, 500)


def environment_of(pid: int) -> dict[str, str]:
    """The environment of a process."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)
