"""The Python example, with the generated SDK and the plugin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from passlib.apache import HtpasswdFile
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation import stack_state
from sandbox.evaluation.declared import Declaration
from tests.engine import sdks
from tests.engine.certificates import issue
from tests.engine.commands import encrypted_state, run
from tests.engine.inventory import inventory
from tests.engine.stacks import ROOT
from tests.unit.pems import Issued

_DOMAIN = "registry.example.com"
_PASSWORD = "kettle harbour ginger saddle owl"
_UPSTREAM_PASSWORD = "the-password-at-the-hub"


@pytest.fixture(scope="module")
def issued() -> Issued:
    return issue(_DOMAIN)


@pytest.fixture(scope="module")
def new(api: AwsApi, folder: Path, issued: Issued) -> Iterator[auto.Stack]:
    """The example's stack with its generated SDK, before the first `up`."""
    sdks.generate("python", folder / "sdk")
    sdks.install(folder / "sdk", folder / "site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{folder / 'site'}:{ROOT}")
        stack = engine.create_stack(ROOT / "examples" / "python-sdk", "dev", api, folder / "dev")
        stack.set_config("domain", auto.ConfigValue(_DOMAIN))
        stack.set_config("certificate", auto.ConfigValue(issued.pem))
        stack.set_config("privateKey", auto.ConfigValue(issued.key_pem, secret=True))
        stack.set_config("users.alice", auto.ConfigValue(_PASSWORD, secret=True), path=True)
        stack.set_config("upstreamUsername", auto.ConfigValue("reader"))
        stack.set_config("upstreamPassword", auto.ConfigValue(_UPSTREAM_PASSWORD, secret=True))
        yield stack


@pytest.fixture(scope="module")
def first_preview(new: auto.Stack) -> dict[str, str]:
    return run(new.preview).changes


@pytest.fixture(scope="module")
def stack(new: auto.Stack, empty_account: set[str], first_preview: dict[str, str]) -> auto.Stack:
    run(new.up)
    return new


@pytest.fixture(scope="module")
def declaration(stack: auto.Stack) -> Declaration:
    return stack_state.declaration(stack.export_stack().deployment)


def test_first_preview_works_with_unknown_values(first_preview: dict[str, str]) -> None:
    assert first_preview["PrivateRegistry cache"] == first_preview["LoadBalancer cache"] == "create"
    assert set(first_preview.values()) == {"create"}


def test_second_registry_is_a_cache_in_the_network_of_the_first(declaration: Declaration) -> None:
    vpc = declaration.one("aws:ec2/vpc:Vpc")
    groups = declaration.all("aws:ec2/securityGroup:SecurityGroup")
    assert {group.inputs["vpcId"] for group in groups} == {vpc.id}
    assert {group.name.split("-")[0] for group in groups} == {"images", "cache"}
    task = declaration.one("aws:ecs/taskDefinition:TaskDefinition", "cache-task")
    assert "REGISTRY_PROXY_REMOTEURL" in task.inputs["containerDefinitions"]


@pytest.mark.parametrize("name", ["images", "cache"])
def test_passwords_are_unchanged(
    stack: auto.Stack, declaration: Declaration, aws: Callable[[str], Any], name: str
) -> None:
    [password] = {"images": [_PASSWORD], "cache": stack.outputs()["cachePasswords"].value.values()}[name]
    user = {"images": "alice", "cache": "docker"}[name]
    bucket = declaration.one("aws:s3/bucket:Bucket", f"{name}-bootstrap").id
    text = aws("s3").get_object(Bucket=bucket, Key="htpasswd")["Body"].read().decode()
    assert HtpasswdFile.from_string(text).check_password(user, password)


def test_generated_passwords_are_a_secret_output(stack: auto.Stack) -> None:
    outputs = stack.outputs()
    assert {name for name, output in outputs.items() if output.secret} == {"cachePasswords"}
    assert list(outputs["cachePasswords"].value) == ["docker"]
    assert outputs["images"].value == _DOMAIN


def test_state_has_no_secret_in_clear_text(stack: auto.Stack, issued: Issued) -> None:
    [generated] = stack.outputs()["cachePasswords"].value.values()
    state = encrypted_state(stack)
    in_json = json.dumps(issued.key_pem)[1:-1]
    assert "ciphertext" in state
    assert _DOMAIN in state
    assert [secret for secret in (_PASSWORD, _UPSTREAM_PASSWORD, generated, in_json) if secret in state] == []


def test_second_preview_has_no_changes(stack: auto.Stack) -> None:
    assert run(stack.preview).changes == {}


def test_destroy_deletes_everything(stack: auto.Stack, aws: Callable[[str], Any], empty_account: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty_account
