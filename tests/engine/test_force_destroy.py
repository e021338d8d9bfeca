"""`pulumi destroy` keeps images and logs; as README's "Cleaning up" says, it takes them, every version included."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.configuring import configure
from tests.engine.conftest import ROOT
from tests.engine.inventory import inventory
from tests.engine.steps import changed, run

_PROTECTED = ("Bucket registry-images", "Bucket registry-logs", "LoadBalancer registry-alb")


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path, empty: set[str]) -> auto.Stack:
    """The prod stack, up: its buckets and its load balancer are protected."""
    selected = engine.create_stack(ROOT, "prod", api, folder / "prod")
    run(selected.up)
    return selected


@pytest.fixture(scope="module")
def bucket(stack: auto.Stack, aws: Callable[[str], Any]) -> str:
    """The images bucket: an object that was overwritten, and one that was deleted."""
    s3, name = aws("s3"), stack.outputs()["bucketName"].value
    for key in ("docker/registry/v2/overwritten", "docker/registry/v2/deleted"):
        for body in (b"first", b"second"):
            s3.put_object(Bucket=name, Key=key, Body=body)
    s3.delete_object(Bucket=name, Key="docker/registry/v2/deleted")
    return name


def test_destroy_is_refused_before_anything_is_gone(stack: auto.Stack, bucket: str, aws: Callable[[str], Any]) -> None:
    before = inventory(aws)
    # As `pulumi destroy` begins: by its preview.
    with pytest.raises(auto.CommandError, match="protected"):
        run(stack.destroy, preview_only=True)
    assert inventory(aws) == before
    assert _versions(aws, bucket) == (4, 1)


def test_lifting_the_protection_changes_nothing_else(stack: auto.Stack, bucket: str, aws: Callable[[str], Any]) -> None:
    configure(stack, {"forceDestroy": "true", "deletionProtection": "false"})
    # The component's own inputs hold deletionProtection, for the next change: see components/changes.py.
    assert changed(run(stack.up)) == dict.fromkeys((*_PROTECTED, "PrivateRegistry registry"), "update")
    assert _versions(aws, bucket) == (4, 1)


def test_then_destroy_leaves_nothing(
    stack: auto.Stack, bucket: str, aws: Callable[[str], Any], empty: set[str]
) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty


def _versions(aws: Callable[[str], Any], bucket: str) -> tuple[int, int]:
    """How many versions and delete markers are there."""
    listed = aws("s3").list_object_versions(Bucket=bucket)
    return len(listed["Versions"]), len(listed["DeleteMarkers"])
