"""Faults of S3: requests may fail meanwhile, then everything recovers without help, and no image is lost.

One factor shortens all times: the duration of the fault, the delay of S3, and the interval of the health checks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import oci_image
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.faulty_s3 import Fault, FaultyS3, faulty_s3
from tests.sandbox.helpers import registry_process
from tests.sandbox.https import login_status
from tests.sandbox.replicas import replicas
from tests.sandbox.traffic import traffic

_SCALE = 1 / 5
# Longer than the two failed checks, at an interval of 10 s, that make a target unhealthy.
_FAULT_SECONDS = 25
_SLOW_SECONDS = 2.5  # for each request
_RECOVERY_SECONDS = 30  # not shortened
_CLIENTS = 2


@pytest.fixture(scope="module")
def s3(dev: Sandbox) -> Iterator[FaultyS3]:
    """An S3 with faults."""
    with faulty_s3(dev.stack.api) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def with_faulty_s3(dev: Sandbox, s3: FaultyS3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Replicas with this S3."""
    folder = tmp_path_factory.mktemp("s3")
    with replicas(dev, folder, s3=s3.api) as started:
        yield started


@pytest.mark.parametrize(
    # AWS SDKs retry for some seconds. Only if all connections are reset, requests must fail.
    ("name", "fault", "errors"),
    [
        ("S3 is unreachable", Fault(reset=True), True),
        ("S3 answers 503 SlowDown", Fault(slow_down=True), False),
        ("S3 is slow", Fault(delay=_SLOW_SECONDS * _SCALE), False),
    ],
)
def test_registry_recovers_from_s3_faults(
    with_faulty_s3: Sandbox, s3: FaultyS3, tmp_path: Path, name: str, fault: Fault, errors: bool
) -> None:
    processes = [registry_process(container) for container in with_faulty_s3.containers]
    oci_image.make(tmp_path / "image", tag="1", layers=1, layer_bytes=1000)
    with traffic(with_faulty_s3, clients=_CLIENTS) as report:
        before = s3.faulty_requests
        with s3.failing(fault):
            end = time.monotonic() + _FAULT_SECONDS * _SCALE
            while time.monotonic() < end:
                assert statuses(with_faulty_s3) == {401}
        assert s3.faulty_requests > before
        fault_ended = time.monotonic()
        wait_until(
            lambda: with_faulty_s3.client.push(tmp_path / "image", "test/after:1").returncode == 0,
            "a push after the fault",
            seconds=_RECOVERY_SECONDS,
        )
        seconds = time.monotonic() - fault_ended
        report.assert_continues()  # delayed requests may still fail
        failures = len(report.failures)
        report.assert_continues()
        assert report.failures[failures:] == []
    figures.record(f"{name} for {_FAULT_SECONDS} s, by {_SCALE:g}", f"first push after {seconds:.1f} s; {report}")
    assert report.failures or not errors
    assert not report.lost
    assert set(with_faulty_s3.balancer.unhealthy_counts().values()) == {0}
    assert [registry_process(container) for container in with_faulty_s3.containers] == processes


def statuses(sandbox: Sandbox) -> set[int]:
    """The statuses of the load balancer and of each replica for a request without a login."""
    return {login_status(server) for server in (sandbox.balancer, *sandbox.containers)}
