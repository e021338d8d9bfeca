"""The boot script on an instance, also if a file is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.aws import account, emulator
from sandbox.ecs.instance import Instance, launched, require_joined
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Resource
from sandbox.local import Sandbox
from sandbox.stacks import DeclaredStack

_OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


@pytest.fixture(params=["htpasswd", "domain.crt", "domain.key"])
def instance_without_file(
    dev: Sandbox, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[str, Instance]]:
    """An instance of a stack without one of the bootstrap files, and the name of that file."""

    def leave_out_file(resource: Resource) -> Resource | None:
        return None if resource.type == _OBJECT and resource.inputs["key"] == request.param else resource

    declaration = dev.stack.declaration.changed(leave_out_file)
    with emulator.running(log=tmp_path / "aws-api.log") as api:
        stack = DeclaredStack(declaration, api)
        account.create_resources(declaration, stack.aws)
        with launched(declaration, tmp_path / "instance", address="127.0.0.9", api=api) as instance:
            yield request.param, instance


def test_missing_file_abandons_the_launch(instance_without_file: tuple[str, Instance]) -> None:
    file, instance = instance_without_file
    assert instance.launch_result == "ABANDON"
    assert instance.cluster == ""
    assert "ECS_CLUSTER" not in (instance.root / "etc/ecs/ecs.config").read_text()
    assert ["mask", "--now", "ecs"] in instance.calls("systemctl")
    lines = instance.log.read_text().splitlines()
    assert len([line for line in lines if line.startswith("registry-boot: failed in line ")]) == 1
    assert len([line for line in lines if f"{file} is missing or empty" in line]) == 1
    with pytest.raises(SandboxError, match=f"launch hook ABANDON, cluster none(.|\n)*{file} is missing"):
        require_joined(instance, "any")


def test_instance_joins_the_cluster_and_completes_the_launch_hook(dev: Sandbox) -> None:
    cluster = dev.stack.declaration.one("aws:ecs/cluster:Cluster").outputs["name"]
    for instance in dev.instances:
        assert instance.launch_result == "CONTINUE"
        assert instance.cluster == cluster
        assert instance.calls("dnf") == [["install", "-y", "-q", "awscli-2"]]
        assert ["enable", "--now", "registry-sync.timer"] in instance.calls("systemctl")


@pytest.mark.parametrize(
    ("programs", "result"), [(["aws"], "CONTINUE"), ([], "")], ids=["AMI with the AWS CLI", "AMI without it"]
)
def test_boot_without_package_repositories(dev: Sandbox, tmp_path: Path, programs: list[str], result: str) -> None:
    """Without the AWS CLI, the launch hook cannot be completed. Its timeout abandons the launch."""
    installed = tmp_path / "instance/root/usr-local-sbin"
    installed.mkdir(parents=True)
    (installed / "dnf").write_text("#!/bin/bash\necho 'Error: Failed to download metadata' >&2\nexit 1\n")
    (installed / "dnf").chmod(0o755)
    for program in programs:
        (installed / program).symlink_to(f"/opt/standins/packages/awscli-2/{program}")
    with launched(dev.stack.declaration, tmp_path / "instance", address="127.0.0.9", api=dev.stack.api) as instance:
        assert instance.launch_result == result
        assert bool(instance.cluster) == bool(result)
        assert ("exit status 1: dnf install" in instance.log.read_text()) == (not result)


def test_instance_metadata_is_requested_with_a_token(dev: Sandbox) -> None:
    token, identity, *_ = dev.instances[0].calls("curl")
    assert token[-1] == "http://169.254.169.254/latest/api/token"
    assert "X-aws-ec2-metadata-token: sandbox-metadata-token" in identity


def test_files_are_readable_only_by_owner_and_group(dev: Sandbox) -> None:
    for instance in dev.instances:
        files = [path for path in (instance.root / "docker-registry").rglob("*") if path.is_file()]
        assert sorted(path.name for path in files) == ["domain.crt", "domain.key", "htpasswd"]
        assert {path.stat().st_mode & 0o777 for path in files} == {0o640}


def test_undeclared_launch_hook_is_refused(dev: Sandbox, tmp_path: Path) -> None:
    """A boot script that completes another hook would leave the instance waiting in AWS."""

    def renamed(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        (hook,) = inputs["initialLifecycleHooks"]
        return {"initialLifecycleHooks": [{**hook, "name": "other"}]}

    declaration = dev.stack.declaration.with_inputs("aws:autoscaling/group:Group", renamed)
    with launched(declaration, tmp_path / "instance", address="127.0.0.9", api=dev.stack.api) as instance:
        assert instance.launch_result == ""
        assert 'there is no lifecycle hook "booted"' in instance.log.read_text()
