"""The prod stack: registry:3, whose keys for S3 come from the task role."""

from __future__ import annotations

from pathlib import Path

from sandbox import acceptance
from sandbox.local import Sandbox
from tests.sandbox.helpers import registry_process


def test_all_checks_pass(prod: Sandbox) -> None:
    for check in acceptance.CHECKS.values():
        assert check(prod)


def test_it_is_version_3(prod: Sandbox) -> None:
    assert all("v3.1.1" in container.output() for container in prod.containers)


def test_the_keys_come_from_the_task_role(prod: Sandbox) -> None:
    for container in prod.containers:
        environment = environment_of(registry_process(int(container.id)))
        assert not {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} & environment.keys()
        task = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"].rpartition("/")[2]
        assert prod.credentials.asked[task] >= 1


def test_version_2_gets_no_keys_from_there(dev: Sandbox) -> None:
    """Its SDK knows no task roles: the sandbox would hide it if the program relied on one."""
    assert not dev.credentials.asked


def environment_of(pid: int) -> dict[str, str]:
    entries = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)
