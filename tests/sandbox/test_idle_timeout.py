"""The load balancer's idle timeout: while S3 copies a layer into its place, no byte goes to the client.

Minutes are too long for a test, so everything shrinks by one factor: the timeouts that the load balancer gets, and the
time that S3 takes to copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import oci_image
from sandbox.local import Sandbox
from tests.sandbox.faulty_s3 import Fault, FaultyS3, faulty_s3
from tests.sandbox.replicas import replicas

_SCALE = 1 / 60
_DEFAULT_SECONDS = 60  # an Application Load Balancer's
_COPY_SECONDS = 120  # twice the default

_BALANCER = "aws:lb/loadBalancer:LoadBalancer"


@pytest.fixture
def s3(dev: Sandbox) -> Iterator[FaultyS3]:
    with faulty_s3(dev.stack.api) as proxy:
        yield proxy


def test_a_commit_that_takes_long_in_s3_succeeds(dev: Sandbox, s3: FaultyS3, tmp_path: Path) -> None:
    declared = dev.stack.declaration.one(_BALANCER).inputs["idleTimeout"]
    status, errors, copies = push_slowly(dev, s3, declared, tmp_path)
    assert status == 0, errors
    assert copies >= 2  # a layer and the config


def test_with_the_default_timeout_it_would_fail(dev: Sandbox, s3: FaultyS3, tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    status, errors, copies = push_slowly(dev, s3, _DEFAULT_SECONDS, tmp_path)
    assert status != 0
    assert "504" in errors or "Gateway Time-out" in errors, errors
    assert copies >= 1


def push_slowly(sandbox: Sandbox, s3: FaultyS3, idle_seconds: int, folder: Path) -> tuple[int, str, int]:
    """Pushes an image: the client's exit status, its errors, and how many slow copies there were."""
    seconds = round(idle_seconds * _SCALE)
    declaration = sandbox.stack.declaration.with_inputs(_BALANCER, lambda _: {"idleTimeout": seconds})
    oci_image.make(folder / "image", tag="1", layers=1, layer_bytes=100_000)
    with replicas(sandbox, folder / "replicas", s3=s3.api, declaration=declaration) as running:
        before = s3.hit
        with s3.failing(Fault(delay=_COPY_SECONDS * _SCALE, copies_only=True)):
            pushed = running.client.push(folder / "image", "test/slow-commit:1")
        return pushed.returncode, pushed.stderr, s3.hit - before
