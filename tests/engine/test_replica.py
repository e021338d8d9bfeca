"""A registry with a replica bucket, as the AWS API describes it. Needs an AWS plugin of version 7 or newer."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from sandbox.aws.emulator import AwsApi
from tests.engine.commands import preview_drift, run
from tests.engine.configuring import configure, configured
from tests.engine.inventory import inventory
from tests.engine.stacks import ROOT, CreateStack, DeployedStack, deploy, require_capable_plugin


@pytest.fixture(scope="module")
def replicated(create_stack: CreateStack, api: AwsApi, empty_account: set[str]) -> DeployedStack:
    """The dev stack with a replica bucket, which is kept."""
    stack = create_stack(ROOT, "dev")
    configure(stack, {"replicaRegion": "us-east-2", "forceDestroy": "false"})
    require_capable_plugin(stack)
    return deploy(stack, api)


def test_images_are_replicated(replicated: DeployedStack) -> None:
    s3, declaration = replicated.aws("s3"), replicated.declaration
    images, replica = (declaration.one("aws:s3/bucket:Bucket", f"registry-{name}").id for name in ("images", "replica"))
    config = s3.get_bucket_replication(Bucket=images)["ReplicationConfiguration"]
    [rule] = config["Rules"]
    assert config["Role"] == declaration.one("aws:iam/role:Role", "registry-replication").outputs["arn"]
    assert rule["Status"] == rule["DeleteMarkerReplication"]["Status"] == "Enabled"
    assert rule["Filter"] == {"Prefix": ""}
    assert rule["Destination"]["Bucket"] == f"arn:aws:s3:::{replica}"
    assert rule["Destination"]["Metrics"] == {"Status": "Enabled"}
    assert s3.get_bucket_versioning(Bucket=replica)["Status"] == "Enabled"


def test_refresh_finds_no_drift(replicated: DeployedStack) -> None:
    assert preview_drift(replicated.stack) == {}


def test_change_that_would_delete_the_replica_is_refused(replicated: DeployedStack) -> None:
    with (
        configured(replicated.stack, {"replicaRegion": "us-west-1"}),
        pytest.raises(auto.CommandError, match="would delete the replica bucket in us-east-2"),
    ):
        run(replicated.stack.preview)


def test_destroy_deletes_everything(replicated: DeployedStack, empty_account: set[str]) -> None:
    configure(replicated.stack, {"forceDestroy": "true"})
    run(replicated.stack.up)
    run(replicated.stack.destroy)
    assert inventory(replicated.aws) == empty_account
