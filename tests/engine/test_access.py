"""Rules, users and keys of one dev stack are changed, one after the other. The tests build on each other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.aws.emulator import AwsApi
from tests.engine.commands import encrypted_state, preview_drift, run, run_failing
from tests.engine.configuring import configure, configured
from tests.engine.stacks import ROOT, CreateStack, DeployedStack, deploy, require_capable_plugin

_FUNCTION, _CONFIGURATION = "Function registry-access", "BucketObjectv2 registry-access.json"
_DEPLOYMENT = {"TaskDefinition registry-task": "replace", "Service registry-service": "update"}


@pytest.fixture(scope="module")
def dev(create_stack: CreateStack, api: AwsApi) -> DeployedStack:
    """The deployed dev stack with a rule and a static user."""
    stack = create_stack(ROOT, "dev")
    configure(
        stack,
        {
            "access[0].who": "arn:aws:iam::123456789012:role/team-*",
            "access[0].repositories[0]": "team/*",
            "access[0].actions[0]": "pull",
            "users.alice": "kettle harbour ginger saddle owl",
        },
    )
    require_capable_plugin(stack)
    return deploy(stack, api)


def test_new_rule_and_user_change_only_files(dev: DeployedStack) -> None:
    """No replica restarts, and the token service reads the file again within a minute."""
    rule = {"access[1].who": "user:bob", "access[1].repositories[0]": "*", "access[1].actions[0]": "pull"}
    configure(dev.stack, {**rule, "users.bob": "lantern orbit velvet canyon drum"})
    assert run(dev.stack.up).changes == {
        _CONFIGURATION: "update",
        "BucketObjectv2 registry-bootstrap-htpasswd": "update",
    }
    known = _configuration(dev)
    assert ([rule["who"] for rule in known["rules"]][1:], [*known["users"]]) == (["user:bob"], ["alice", "bob"])


def test_state_discloses_no_hash(dev: DeployedStack) -> None:
    text = encrypted_state(dev.stack)
    hashes = [user["hash"] for user in _configuration(dev)["users"].values()]
    assert len(hashes) == 2
    assert [hash_ for hash_ in hashes if hash_ in text] == []


def test_rotation_creates_the_next_key_and_deletes_none_that_is_in_use(dev: DeployedStack) -> None:
    before = _signing_key(dev)
    configure(dev.stack, {"tokenSigner": "2"})
    output = run(dev.stack.up)
    assert output.changes == {
        "PrivateRegistry registry": "update",  # it records the number
        "Key registry-token-key-3": "create",
        _FUNCTION: "update",
        **_DEPLOYMENT,
    }
    kms = dev.aws("kms")
    assert _signing_key(dev) != before
    assert [kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in (before, _signing_key(dev))] == [
        "Enabled",
        "Enabled",
    ]


def test_jump_over_a_key_is_refused_in_the_preview(dev: DeployedStack) -> None:
    with configured(dev.stack, {"tokenSigner": "4"}):
        assert "registry:tokenSigner: changes from 2 to 4" in run_failing(dev.stack.preview).text


def test_second_preview_has_no_changes_and_no_drift(dev: DeployedStack) -> None:
    assert preview_drift(dev.stack) == {}


def _configuration(dev: DeployedStack) -> dict[str, Any]:
    """The token service's configuration, as it is in S3."""
    variables = _variables(dev)
    found = dev.aws("s3").get_object(Bucket=variables["CONFIG_BUCKET"], Key=variables["CONFIG_KEY"])
    return json.loads(found["Body"].read())


def _signing_key(dev: DeployedStack) -> str:
    return _variables(dev)["SIGNING_KEY_ARN"]


def _variables(dev: DeployedStack) -> dict[str, str]:
    [function] = dev.aws("lambda").list_functions()["Functions"]
    return function["Environment"]["Variables"]
