"""Change the certificate and the users of one dev stack, one after the other. The tests build on each other."""

from __future__ import annotations

import re

import pytest
from pulumi import automation as auto

from sandbox.aws.emulator import AwsApi
from tests.engine.certificates import issue
from tests.engine.commands import encrypted_state, run
from tests.engine.configuring import configure
from tests.engine.queries import listener
from tests.engine.stacks import ROOT, CreateStack, DeployedStack, deploy

_DOMAIN = "registry.example.com"
_CERTIFICATE = "ServerCertificate registry-certificate"
_LISTENER = "Listener registry-https"
_HTPASSWD = "BucketObjectv2 registry-bootstrap-htpasswd"
_PASSWORDS = {"alice": "kettle harbour ginger saddle owl", "bob": "lantern orbit velvet canyon drum"}


@pytest.fixture(scope="module")
def dev(create_stack: CreateStack, api: AwsApi) -> DeployedStack:
    """The deployed dev stack with a certificate of its own."""
    stack = create_stack(ROOT, "dev")
    configure(stack, {"domain": _DOMAIN, **_new_certificate()})
    return deploy(stack, api)


def test_renewed_certificate_replaces_the_old_one_without_interruption(dev: DeployedStack) -> None:
    configure(dev.stack, _new_certificate())
    output = run(dev.stack.up)

    assert output.changes == {_CERTIFICATE: "replace", _LISTENER: "update"}
    started = {(step.resource, step.operation): step.position for step in output.started_steps}
    completed = {(step.resource, step.operation): step.position for step in output.completed_steps}
    update = (_LISTENER, auto.OpType.UPDATE)
    assert completed[_CERTIFICATE, auto.OpType.CREATE_REPLACEMENT] < started[update]
    assert completed[update] < started[_CERTIFICATE, auto.OpType.DELETE_REPLACED]
    [uploaded] = dev.aws("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert [served["CertificateArn"] for served in listener(dev.aws)["Certificates"]] == [uploaded["Arn"]]


def test_first_user_replaces_the_generated_one(dev: DeployedStack) -> None:
    configure(dev.stack, {"users.alice": _PASSWORDS["alice"]})
    assert run(dev.stack.up).changes == {
        "RandomPassword registry-user-docker": "delete",
        _HTPASSWD: "update",
    }


def test_added_user_updates_htpasswd_and_discloses_no_password(dev: DeployedStack) -> None:
    configure(dev.stack, {"users.bob": _PASSWORDS["bob"]})
    output = run(dev.stack.up)

    assert output.changes == {_HTPASSWD: "update"}
    text = encrypted_state(dev.stack) + output.text
    assert [user for user, password in _PASSWORDS.items() if password in text] == []
    has_hash = bool(re.search(r"\$2[aby]\$\d\d\$", text))
    assert not has_hash


def test_changed_password_updates_htpasswd(dev: DeployedStack) -> None:
    configure(dev.stack, {"users.alice": "meadow copper violin thunder ice"})
    assert run(dev.stack.up).changes == {_HTPASSWD: "update"}


def test_removed_user_updates_htpasswd(dev: DeployedStack) -> None:
    dev.stack.remove_config("registry:users.bob", path=True)
    assert run(dev.stack.up).changes == {_HTPASSWD: "update"}


def test_second_preview_has_no_changes(dev: DeployedStack) -> None:
    assert run(dev.stack.preview).changes == {}


def _new_certificate() -> dict[str, str]:
    issued = issue(_DOMAIN)
    return {"certificate": issued.pem, "privateKey": issued.key_pem}
