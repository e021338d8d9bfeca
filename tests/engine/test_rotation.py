"""The commands of docs/operations.md that replace what Pulumi generated, one after the other on a dev stack."""

from __future__ import annotations

import re

import pytest

from sandbox.evaluation.declared import Declaration
from tests.engine.commands import run, stack_declaration
from tests.engine.stacks import ROOT, DeployedStack

_CHANGES = {
    "**RandomPassword::registry-user-docker": {
        "RandomPassword registry-user-docker": "replace",
        "BucketObjectv2 registry-bootstrap-htpasswd": "update",
    },
    "**PrivateKey::registry-certificate": {
        "PrivateKey registry-certificate": "replace",
        "SelfSignedCert registry-certificate": "replace",
        "ServerCertificate registry-certificate": "replace",
        "Listener registry-https": "update",
    },
    "**PrivateKey::registry-bootstrap": {
        "PrivateKey registry-bootstrap": "replace",
        "SelfSignedCert registry-bootstrap": "replace",
        "BucketObjectv2 registry-bootstrap-domain.crt": "update",
        "BucketObjectv2 registry-bootstrap-domain.key": "update",
    },
    "**RandomPassword::registry-http-secret": {
        "RandomPassword registry-http-secret": "replace",
        "Parameter registry-http-secret": "update",
    },
}
"""The changes of `pulumi up --replace URN`."""


@pytest.mark.parametrize("urn", _CHANGES)
def test_replaced_secret_updates_only_what_has_it(dev: DeployedStack, urn: str) -> None:
    before = _secrets(stack_declaration(dev.stack))
    output = run(dev.stack.up, replace=[urn])
    after = _secrets(stack_declaration(dev.stack))

    assert output.changes == _CHANGES[urn]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {resource for resource, operation in _CHANGES[urn].items() if resource in before}


def test_nothing_is_left_to_change_afterwards(dev: DeployedStack) -> None:
    """What one of the commands left would be a change of the next one."""
    assert run(dev.stack.preview).changes == {}


def test_page_has_these_commands() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    assert set(re.findall(r"pulumi up --replace '([^']+)'", page)) == set(_CHANGES)


def _secrets(declaration: Declaration) -> dict[str, str]:
    """What the generated resources generated, by their label."""
    password, key = "random:index/randomPassword:RandomPassword", "tls:index/privateKey:PrivateKey"
    return {
        **{f"RandomPassword {each.name}": each.outputs["result"] for each in declaration.all(password)},
        **{f"PrivateKey {each.name}": each.outputs["privateKeyPem"] for each in declaration.all(key)},
    }
