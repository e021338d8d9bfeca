"""The prod stack: registry:3, which gets credentials for S3 from the task role."""

from __future__ import annotations

from pathlib import Path

from sandbox import acceptance
from sandbox.local import Sandbox
from sandbox.machine import programs
from tests.sandbox.helpers import registry_process


def test_all_checks_pass(prod: Sandbox) -> None:
    for check in acceptance.CHECKS.values():
        assert check(prod)


def test_prod_runs_registry_3(prod: Sandbox) -> None:
    assert all(f"v{programs.REGISTRIES[3].release}" in container.output() for container in prod.containers)


def test_registry_3_uses_the_task_role(prod: Sandbox) -> None:
    for container in prod.containers:
        environment = environment_of(registry_process(container))
        assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & environment.keys()
        task = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"].rpartition("/")[2]
        assert prod.credentials.request_counts[task] >= 1


def test_registry_2_does_not_use_the_task_role(dev: Sandbox) -> None:
    """Its SDK does not support task roles, so the stack must not rely on one."""
    assert not dev.credentials.request_counts


def environment_of(pid: int) -> dict[str, str]:
    """The environment of a process."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)
