"""What a client that never tries again sees of a replica that dies or hangs, at the declared health check's times.

ECS deregisters a task that it sees stop, and starts another. Nobody does so here: the load balancer is alone.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.helpers import registry_process
from tests.sandbox.replicas import replicas

_PAUSE_SECONDS = 0.25  # from the start of a pull to the start of the next
_ANSWERED_SECONDS = 5  # longer than any pull from a replica that serves


@pytest.fixture
def balanced(dev: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """Two replicas behind the load balancer with its health check as declared."""
    with replicas(dev, tmp_path, check_seconds=None) as started:
        yield started


@pytest.fixture
def image(balanced: Sandbox) -> Image:
    pushed = Image.random("test/dead-replica", "1", layer_bytes=1000)
    with RegistryClient(Endpoint.of(balanced)) as client:
        client.push(pushed)
    return pushed


def test_dead_replica_fails_pulls_for_15_seconds_at_most(balanced: Sandbox, image: Image) -> None:
    os.kill(registry_process(int(balanced.containers[0].id)), signal.SIGKILL)
    pulls = pulls_for(balanced, image, seconds=20)
    failed = [began for began, lasted in pulls if lasted is None]
    last = max(failed, default=0)
    figures.record(
        "one of two replicas killed", f"{len(failed)} of {len(pulls)} pulls failed, the last after {last:.1f} s"
    )
    assert last <= 15 + 1  # of this machine's own


def test_hanging_replica_is_avoided_from_its_first_requests_on(balanced: Sandbox, image: Image) -> None:
    """Requests that wait for it count as outstanding. Round robin would send it a request of nearly each pull."""
    process = registry_process(int(balanced.containers[0].id))
    os.kill(process, signal.SIGSTOP)
    try:
        pulls = pulls_for(balanced, image, seconds=10)
    finally:
        os.kill(process, signal.SIGCONT)
    waited = [began for began, lasted in pulls if lasted is None or lasted > _ANSWERED_SECONDS]
    figures.record("one of two replicas hangs", f"{len(waited)} of {len(pulls)} pulls failed or waited")
    assert len(waited) <= len(pulls) / 4


def pulls_for(sandbox: Sandbox, image: Image, *, seconds: float) -> list[tuple[float, float | None]]:
    """Pulls that begin at regular intervals, whether those before have ended or not.

    Returns:
        For each the second at which it began, and how many seconds it took; None if a request failed.
    """
    pulls: list[tuple[float, float | None]] = []
    start = time.monotonic()

    def pull() -> None:
        began = time.monotonic()
        lasted = None
        try:
            with RegistryClient(Endpoint.of(sandbox)) as client:
                client.pull(image)
            lasted = time.monotonic() - began
        except RequestFailed:
            pass
        pulls.append((began - start, lasted))

    threads = []
    while time.monotonic() - start < seconds:
        threads.append(threading.Thread(target=pull))
        threads[-1].start()
        time.sleep(_PAUSE_SECONDS)
    for thread in threads:
        thread.join()
    return pulls
