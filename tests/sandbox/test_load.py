"""64 clients at once, of whose connections one in a hundred is killed in the middle.

REGISTRY_LOAD_SECONDS: for how long, instead of 10 s; the figures in docs/operations.md are of 30 s.
"""

from __future__ import annotations

import dataclasses
import os
import random
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.local import Sandbox
from sandbox.machine.process_tree import peak_memory
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.helpers import registry_process
from tests.sandbox.killing_proxy import killing_proxy
from tests.sandbox.replicas import replicas
from tests.sandbox.traffic import PODMAN_ATTEMPTS, Report, retry, traffic

_SECONDS = float(os.environ.get("REGISTRY_LOAD_SECONDS", "10"))
# Most clients of a registry pull. The AWS API here is slow: with more that push, it alone would be measured.
_PUSHING, _PULLING = 4, 60
_KILLED = 100  # one of so many connections


@pytest.fixture
def fresh(dev: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    """Registries whose memory holds nothing of other tests."""
    with replicas(dev, tmp_path) as started:
        yield started


def test_under_load_no_digest_is_wrong_and_memory_is_bounded(fresh: Sandbox) -> None:
    processes = [registry_process(int(container.id)) for container in fresh.containers]
    with killing_proxy(fresh.balancer.address, fresh.balancer.port, every=_KILLED) as proxy:
        behind = dataclasses.replace(fresh, balancer=dataclasses.replace(fresh.balancer, port=proxy.port))
        with (
            traffic(behind, clients=_PUSHING, attempts=PODMAN_ATTEMPTS) as report,
            ThreadPoolExecutor(_PULLING) as pool,
        ):
            before, end = report.requests, time.monotonic() + _SECONDS
            pulls = sum(pool.map(lambda _: pull_until(end, behind, report), range(_PULLING)))
            rate = (report.requests - before) / _SECONDS
    peak = peak_memory(processes)
    figures.record(
        "64 clients, 1 % of connections killed",
        f"{rate:.0f} requests/s and {pulls} pulls in {_SECONDS:.0f} s, {proxy.killed} of {proxy.connections} "
        f"connections killed; in all {report}; peak memory of a registry {peak:.0f} MiB",
    )
    assert not report.lost
    assert not report.abandoned_operations
    assert proxy.killed
    assert pulls > _PULLING
    assert [registry_process(int(container.id)) for container in fresh.containers] == processes
    # What a task reserves is what ECS keeps free for it: more could drive an instance out of memory.
    assert peak < reservation(fresh)


def pull_until(end: float, sandbox: Sandbox, report: Report) -> int:
    """Pull images that the traffic has pushed, retrying as real clients do; return how often.

    Raises:
        Altered: What was pulled is not what was pushed.
    """
    pulls = 0
    while time.monotonic() < end:
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
    task = sandbox.stack.declaration.one("aws:ecs/taskDefinition:TaskDefinition")
    found = re.search(r'"memoryReservation": (\d+)', task.inputs["containerDefinitions"])
    assert found
    return int(found[1])
