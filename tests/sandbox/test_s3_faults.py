"""S3 is away, slow, or refuses: errors while it lasts, then all goes on by itself and nothing is lost.

Everything shrinks by one factor: how long the fault lasts, how slow S3 is, and how often the load balancer looks at
its targets.
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
from tests.sandbox.helpers import registry_process, status
from tests.sandbox.replicas import replicas
from tests.sandbox.traffic import traffic

_SCALE = 1 / 5
# Longer than the three failed checks, 5 s apart, after which a target would be unhealthy.
_FAULT_SECONDS = 25
_SLOW_SECONDS = 2.5  # for each request
_RECOVERY_SECONDS = 30  # of this machine's own time
_CLIENTS = 2


@pytest.fixture(scope="module")
def s3(dev: Sandbox) -> Iterator[FaultyS3]:
    with faulty_s3(dev.stack.api) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def behind(dev: Sandbox, s3: FaultyS3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Registries that find S3 behind the proxy."""
    folder = tmp_path_factory.mktemp("s3")
    with replicas(dev, folder, s3=s3.api) as started:
        yield started


@pytest.mark.parametrize(
    # The SDK tries again by itself for some seconds: short of S3's absence, errors may come or not.
    ("name", "fault", "errors"),
    [
        ("S3 is away", Fault(away=True), True),
        ("S3 answers 503 SlowDown", Fault(slow_down=True), False),
        ("S3 is slow", Fault(delay=_SLOW_SECONDS * _SCALE), False),
    ],
)
def test_it_recovers_by_itself_and_nothing_is_lost(
    behind: Sandbox, s3: FaultyS3, tmp_path: Path, name: str, fault: Fault, errors: bool
) -> None:
    processes = [registry_process(int(container.id)) for container in behind.containers]
    oci_image.make(tmp_path / "image", tag="1", layers=1, layer_bytes=1000)
    with traffic(behind, clients=_CLIENTS) as report:
        hit = s3.hit
        with s3.failing(fault):
            end = time.monotonic() + _FAULT_SECONDS * _SCALE
            while time.monotonic() < end:
                assert answers(behind) == {401}
        assert s3.hit > hit
        begun = time.monotonic()
        wait_until(
            lambda: behind.client.push(tmp_path / "image", "test/after:1").returncode == 0,
            "a push after the fault",
            seconds=_RECOVERY_SECONDS,
        )
        recovered = time.monotonic() - begun
        report.assert_continues()  # until what the fault still has under way has failed
        failures = len(report.failures)
        report.assert_continues()
        assert report.failures[failures:] == []
    figures.record(f"{name} for {_FAULT_SECONDS} s, by {_SCALE:g}", f"first push after {recovered:.1f} s; {report}")
    assert report.failures or not errors
    assert not report.lost
    assert set(behind.balancer.times_down().values()) == {0}
    assert [registry_process(int(container.id)) for container in behind.containers] == processes


def answers(sandbox: Sandbox) -> set[int]:
    """What each registry, and the load balancer, says to whoever has no password."""
    return {status(server.address, server.port, "/v2/") for server in (sandbox.balancer, *sandbox.containers)}
