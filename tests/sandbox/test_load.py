"""Load of 64 clients, with one in a hundred connections reset.

REGISTRY_LOAD_SECONDS sets the duration. The default is 10 s; the figures in docs/operations.md are for 30 s.
"""

from __future__ import annotations

import dataclasses
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.ecs.agent import service_task
from sandbox.local import Sandbox
from sandbox.machine.process_tree import peak_memory
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.helpers import registry_process
from tests.sandbox.replicas import replicas
from tests.sandbox.resetting_proxy import resetting_proxy
from tests.sandbox.traffic import PODMAN_ATTEMPTS, Report, retry, traffic

_SECONDS = float(os.environ.get("REGISTRY_LOAD_SECONDS", "10"))
_MOST_SECONDS = 120
# Most clients pull. With more that push, the emulated S3 would be the limit.
_PUSHING, _PULLING = 4, 60
_RESET_EVERY = 100  # connections


@pytest.fixture
def fresh(dev: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """New replicas, whose memory other tests have not used."""
    with replicas(dev, tmp_path) as started:
        yield started


def test_load_alters_no_image_and_memory_stays_below_the_reservation(fresh: Sandbox) -> None:
    processes = [registry_process(container) for container in fresh.containers]
    with resetting_proxy(fresh.balancer.address, fresh.balancer.port, every=_RESET_EVERY) as proxy:
        behind = dataclasses.replace(fresh, balancer=dataclasses.replace(fresh.balancer, port=proxy.port))
        with (
            traffic(behind, clients=_PUSHING, attempts=PODMAN_ATTEMPTS) as report,
            ThreadPoolExecutor(_PULLING) as pool,
        ):
            before, begin = report.requests, time.monotonic()

            def is_over() -> bool:
                # A slow machine takes longer until the first reset.
                return time.monotonic() - begin > (_SECONDS if proxy.resets else _MOST_SECONDS)

            pulls = sum(pool.map(lambda _: pull_until(is_over, behind, report), range(_PULLING)))
            seconds = time.monotonic() - begin
            rate = (report.requests - before) / seconds
    peak = peak_memory(processes)
    figures.record(
        "64 clients, 1 % of connections reset",
        f"{rate:.0f} requests/s and {pulls} pulls in {seconds:.0f} s, {proxy.resets} of {proxy.connections} "
        f"connections reset; in total {report}; peak memory of a registry {peak:.0f} MiB",
    )
    assert not report.lost
    assert not report.abandoned_operations
    assert proxy.resets
    assert pulls > _PULLING
    assert [registry_process(container) for container in fresh.containers] == processes
    # ECS keeps only the reservation free on an instance.
    assert peak < reservation(fresh)


def pull_until(is_over: Callable[[], bool], sandbox: Sandbox, report: Report) -> int:
    """Pull images that the traffic has pushed, retrying as real clients do; return how often.

    Raises:
        Altered: What was pulled is not what was pushed.
    """
    pulls = 0
    while not is_over():
        pull(sandbox, random.choice(report.pushed), report)
        pulls += 1
    return pulls


def pull(sandbox: Sandbox, image: Image, report: Report) -> None:
    def once() -> None:
        with RegistryClient(Endpoint.of(sandbox), on_request=report.count_request) as client:
            client.pull(image)

    try:
        retry(once, PODMAN_ATTEMPTS, on_failure=lambda error: report.failures.append(str(error)))
    except RequestFailed as error:
        report.abandoned_operations.append(str(error))


def reservation(sandbox: Sandbox) -> int:
    """The container definition's memory reservation in MiB."""
    task = service_task(sandbox.stack.declaration)
    found = re.search(r'"memoryReservation": (\d+)', task.inputs["containerDefinitions"])
    assert found
    return int(found[1])
