"""The load balancer's idle timeout: while S3 copies a layer at the end of an upload, the client gets no data.

One factor shortens all times: the load balancer's timeouts, and the time that S3 takes to copy.
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
_DEFAULT_SECONDS = 60  # of an Application Load Balancer
_COPY_SECONDS = 120  # twice the default

_BALANCER = "aws:lb/loadBalancer:LoadBalancer"


@pytest.fixture
def s3(dev: Sandbox) -> Iterator[FaultyS3]:
    """An S3 that can be slow."""
    with faulty_s3(dev.stack.api) as proxy:
        yield proxy


def test_slow_upload_commit_succeeds(dev: Sandbox, s3: FaultyS3, tmp_path: Path) -> None:
    declared = dev.stack.declaration.one(_BALANCER).inputs["idleTimeout"]
    status, errors, copies = push_slowly(dev, s3, declared, tmp_path)
    assert status == 0, errors
    assert copies >= 2  # a layer and the config


def test_slow_upload_commit_fails_with_the_default_timeout(dev: Sandbox, s3: FaultyS3, tmp_path: Path) -> None:
    """So the test above depends on the declared timeout."""
    status, errors, copies = push_slowly(dev, s3, _DEFAULT_SECONDS, tmp_path)
    assert status != 0
    assert "504" in errors or "Gateway Time-out" in errors, errors
    assert copies >= 1


def push_slowly(sandbox: Sandbox, s3: FaultyS3, idle_seconds: int, folder: Path) -> tuple[int, str, int]:
    """Push an image. Return the client's exit status, its errors, and the number of slow copies."""
    seconds = round(idle_seconds * _SCALE)
    declaration = sandbox.stack.declaration.with_inputs(_BALANCER, lambda _: {"idleTimeout": seconds})
    oci_image.make(folder / "image", tag="1", layers=1, layer_bytes=100_000)
    with replicas(sandbox, folder / "replicas", s3=s3.api, declaration=declaration) as running:
        before = s3.faulty_requests
        with s3.failing(Fault(delay=_COPY_SECONDS * _SCALE, copies_only=True)):
            pushed = running.client.push(folder / "image", "test/slow-commit:1")
        return pushed.returncode, pushed.stderr, s3.faulty_requests - before
