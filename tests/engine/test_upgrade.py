"""What the first `pulumi up` of the present program would change in a stack that an earlier version deployed.

The state in `states/` was exported after a `pulumi up` of commit 4b79f8b with the emulated AWS API, without stack
traces and times. EC2 takes no apostrophe in a description ("IpRange" in the EC2 API Reference), so the descriptions of
security groups are the present ones.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.commands import CommandOutput, run
from tests.engine.stacks import ROOT

_STATE = Path(__file__).parent / "states" / "4b79f8b-prod.json.gz"
_PASSPHRASE = "test"  # of keys and passwords that nothing uses

# "Before you update a stack" and "Names of resources" in CHANGELOG.md have the consequences.
_REPLACED = {
    "SelfSignedCert registry-certificate",
    "ServerCertificate registry-certificate",
    "TaskDefinition registry-task",
}
_DELETED = {"RandomBytes registry-user-docker", "SecurityGroupIngressRule registry-clients-0.0.0.0/0"}


@pytest.fixture(scope="module")
def upgrade(api: AwsApi, folder: Path) -> CommandOutput:
    """The preview of the present program."""
    stack = engine.create_stack(ROOT, "prod", api, folder / "prod", passphrase=_PASSPHRASE)
    state = json.loads(gzip.decompress(_STATE.read_bytes()))
    stack.import_stack(auto.Deployment(version=state["version"], deployment=state["deployment"]))
    return run(stack.preview)


def test_nothing_is_replaced_that_holds_data_names_or_connections(upgrade: CommandOutput) -> None:
    assert {resource for resource, operation in upgrade.changes.items() if operation == "replace"} == _REPLACED


def test_nothing_is_deleted_but_what_the_changelog_names(upgrade: CommandOutput) -> None:
    assert {resource for resource, operation in upgrade.changes.items() if operation == "delete"} == _DELETED
