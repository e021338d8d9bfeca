"""The boot script on an instance: how it ends when something is missing, and what it leaves."""

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

OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


@pytest.fixture(params=["htpasswd", "domain.crt", "domain.key"])
def without_a_file(dev: Sandbox, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, Instance]]:
    """An instance of a stack in which one bootstrap file was never uploaded."""

    def missing(resource: Resource) -> Resource | None:
        return None if resource.type == OBJECT and resource.inputs["key"] == request.param else resource

    declaration = dev.stack.declaration.changed(missing)
    with emulator.running(log=tmp_path / "aws-api.log") as api:
        stack = DeclaredStack(declaration, api)
        account.create_resources(declaration, stack.aws("s3"), stack.aws("ssm"))
        with launched(declaration, tmp_path / "instance", address="127.0.0.9", api=api) as instance:
            yield request.param, instance


def test_a_missing_file_abandons_the_launch(without_a_file: tuple[str, Instance]) -> None:
    missing, instance = without_a_file
    assert instance.launch_result == "ABANDON"
    assert instance.cluster == ""
    assert "ECS_CLUSTER" not in (instance.root / "etc/ecs/ecs.config").read_text()
    assert ["mask", "--now", "ecs"] in instance.calls("systemctl")
    lines = instance.log.read_text().splitlines()
    assert len([line for line in lines if line.startswith("registry-boot: failed in line ")]) == 1
    assert len([line for line in lines if f"{missing} is missing or empty" in line]) == 1
    with pytest.raises(SandboxError, match=f"launch hook ABANDON, cluster none(.|\n)*{missing} is missing"):
        require_joined(instance, "any")


def test_a_good_boot_ends_with_the_declared_cluster_and_the_hook(dev: Sandbox) -> None:
    cluster = dev.stack.declaration.one("aws:ecs/cluster:Cluster").outputs["name"]
    for instance in dev.instances:
        assert instance.launch_result == "CONTINUE"
        assert instance.cluster == cluster
        assert instance.attributes == {"private-registry.metadata-tokens": "optional"}
        assert instance.calls("dnf") == [["install", "-y", "-q", "awscli-2"]]
        assert ["enable", "--now", "registry-sync.timer"] in instance.calls("systemctl")


def test_the_instance_metadata_is_asked_with_a_token_only(dev: Sandbox) -> None:
    token, identity = dev.instances[0].calls("curl")
    assert token[-1] == "http://169.254.169.254/latest/api/token"
    assert "X-aws-ec2-metadata-token: sandbox-metadata-token" in identity


def test_the_files_are_for_the_containers_group_alone(dev: Sandbox) -> None:
    for instance in dev.instances:
        files = [path for path in (instance.root / "docker-registry").rglob("*") if path.is_file()]
        assert sorted(path.name for path in files) == ["domain.crt", "domain.key", "htpasswd"]
        assert {path.stat().st_mode & 0o777 for path in files} == {0o640}


def test_an_undeclared_hook_is_refused(dev: Sandbox, tmp_path: Path) -> None:
    """The stand-in for Auto Scaling knows the declared hook alone: a script with another name would hang the launch."""

    def renamed(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        (hook,) = inputs["initialLifecycleHooks"]
        return {"initialLifecycleHooks": [{**hook, "name": "other"}]}

    declaration = dev.stack.declaration.with_inputs("aws:autoscaling/group:Group", renamed)
    with launched(declaration, tmp_path / "instance", address="127.0.0.9", api=dev.stack.api) as instance:
        assert instance.launch_result == ""
        assert 'there is no lifecycle hook "booted"' in instance.log.read_text()
