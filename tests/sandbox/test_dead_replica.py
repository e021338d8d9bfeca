"""A replica that dies or hangs, seen by a client without retries, with the declared health check.

ECS would deregister a stopped task and start another. Here only the load balancer reacts.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.local import Sandbox
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.helpers import registry_process
from tests.sandbox.replicas import replicas

_PAUSE_SECONDS = 0.25  # from the start of a pull to the start of the next
_ANSWERED_SECONDS = 5  # longer than any pull from a serving replica


@pytest.fixture
def balanced(dev: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """Two replicas behind a load balancer with the declared health check."""
    with replicas(dev, tmp_path, check_seconds=None) as started:
        yield started


@pytest.fixture
def image(balanced: Sandbox) -> Image:
    """An image in the registry."""
    pushed = Image.random("test/dead-replica", "1", layer_bytes=1000)
    with RegistryClient(Endpoint.of(balanced)) as client:
        client.push(pushed)
    return pushed


def test_dead_replica_fails_pulls_for_at_most_20_seconds(balanced: Sandbox, image: Image) -> None:
    os.kill(registry_process(balanced.containers[0]), signal.SIGKILL)
    pulls = pulls_for(balanced, image, seconds=25)
    failed = [started for started, duration in pulls if duration is None]
    last = max(failed, default=0)
    figures.record(
        "one of two replicas killed", f"{len(failed)} of {len(pulls)} pulls failed, the last after {last:.1f} s"
    )
    assert last <= 20 + 1  # for the sandbox itself


def test_hanging_replica_gets_few_requests(balanced: Sandbox, image: Image) -> None:
    """Its waiting requests count as outstanding. Round robin would send it a request of nearly every pull."""
    process = registry_process(balanced.containers[0])
    os.kill(process, signal.SIGSTOP)
    try:
        pulls = pulls_for(balanced, image, seconds=10)
    finally:
        os.kill(process, signal.SIGCONT)
    waited = [started for started, duration in pulls if duration is None or duration > _ANSWERED_SECONDS]
    figures.record("one of two replicas hangs", f"{len(waited)} of {len(pulls)} pulls failed or waited")
    assert len(waited) <= len(pulls) / 4


def pulls_for(sandbox: Sandbox, image: Image, *, seconds: float) -> list[tuple[float, float | None]]:
    """Start pulls at regular intervals, without waiting for earlier ones.

    Returns:
        The second at which each pull started, and the seconds that it took, or None if a request failed. A pull that
        has not ended `_ANSWERED_SECONDS` after the last one started is None too.
    """
    started: list[float] = []
    took: dict[int, float] = {}
    start = time.monotonic()

    def pull(number: int) -> None:
        with suppress(RequestFailed), RegistryClient(Endpoint.of(sandbox)) as client:
            client.pull(image)
            took[number] = time.monotonic() - start - started[number]

    threads = []
    while (now := time.monotonic() - start) < seconds:
        threads.append(threading.Thread(target=pull, args=[len(started)], daemon=True))
        started.append(now)
        threads[-1].start()
        time.sleep(_PAUSE_SECONDS)
    end = time.monotonic() + _ANSWERED_SECONDS
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [(second, took.get(number)) for number, second in enumerate(started)]
