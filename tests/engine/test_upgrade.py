"""What the first `pulumi up` of the present program would change in a stack that an earlier version deployed.

The states in `states/` were exported after a `pulumi up` of commit 4b79f8b with the emulated AWS API, without stack
traces and times. EC2 takes no apostrophe in a description ("IpRange" in the EC2 API Reference), so the descriptions of
security groups are the present ones.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Set
from pathlib import Path

import pytest
from pulumi import automation as auto

from sandbox.aws.emulator import AwsApi
from tests.engine.commands import run
from tests.engine.stacks import ROOT, create

_STATES = Path(__file__).parent / "states"
_PASSPHRASE = "test"  # of keys and passwords that nothing uses

# "Before you update a stack" and "Names of resources" in CHANGELOG.md have the consequences.
_REPLACED = {
    "SelfSignedCert registry-certificate",
    "ServerCertificate registry-certificate",
    "TaskDefinition registry-task",
}
_DELETED = {"RandomBytes registry-user-docker", "SecurityGroupIngressRule registry-clients-0.0.0.0/0"}


@pytest.mark.parametrize(
    ("name", "deleted"),
    [
        pytest.param("prod", _DELETED, id="prod"),
        # With registry:2, whose tasks had the permissions of the instance role.
        pytest.param("dev", {*_DELETED, "RolePolicy registry-instance-images"}, id="dev"),
    ],
)
def test_upgrade_keeps_what_holds_data_names_or_connections(
    api: AwsApi, folder: Path, name: str, deleted: Set[str]
) -> None:
    stack = create(ROOT, name, api, folder / name, passphrase=_PASSPHRASE)
    state = json.loads(gzip.decompress((_STATES / f"4b79f8b-{name}.json.gz").read_bytes()))
    stack.import_stack(auto.Deployment(version=state["version"], deployment=state["deployment"]))

    changes = run(stack.preview).changes

    assert {resource for resource, operation in changes.items() if operation == "replace"} == _REPLACED
    assert {resource for resource, operation in changes.items() if operation == "delete"} == deleted
