"""Deploy and destroy each example."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from sandbox.aws.emulator import AwsApi
from tests.engine.commands import preview_drift, run
from tests.engine.inventory import inventory
from tests.engine.stacks import EXAMPLES, REGION, CreateStack, require_capable_plugin

# The examples that import the library. test_plugin*.py test those that use it as a Pulumi package.
_NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml") if "\npackages:" not in path.read_text())
_REGIONS = (REGION, "eu-west-1", "us-east-2")
# The bucket that an example serves and does not create, and what a refresh then shows: Pulumi reads it again.
_EXISTING_BUCKETS = {"second-region": "my-registry-replica"}
_DRIFT = {"second-region": {"Bucket second-images": "read, refresh"}}


@pytest.fixture
def existing_bucket(name: str, api: AwsApi) -> None:
    """The bucket that an example needs, if it needs one."""
    if bucket := _EXISTING_BUCKETS.get(name):
        s3 = api.client("s3", "us-east-2")
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-east-2"})


@pytest.fixture
def added_resources(existing_bucket: None, api: AwsApi) -> Callable[[], set[str]]:
    """Lists the resources that were added to the account, in every Region that an example uses."""

    def resources() -> set[str]:
        return {id_ for region in _REGIONS for id_ in inventory(partial(api.client, region=region))}

    before = resources()
    return lambda: resources() - before


@pytest.mark.parametrize("name", _NAMES)
def test_example_deploys_without_drift_and_is_destroyed_completely(
    name: str, create_stack: CreateStack, added_resources: Callable[[], set[str]]
) -> None:
    stack = create_stack(EXAMPLES / name, "dev")
    if name == "access":  # it declares a Lambda function
        require_capable_plugin(stack)

    run(stack.up)
    assert added_resources()
    assert preview_drift(stack) == _DRIFT.get(name, {})

    run(stack.destroy)
    assert added_resources() == set()
