"""Replicas follow the load, as the prod stack declares.

A minute of AWS lasts until its pushes and pulls are complete, however long this machine takes for them. It could not
send the requests of several replicas, so each counts as many: an operation's are `_LOAD` of a replica's target value.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.ecs.scaler import Scaler
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.evaluation.project import evaluate_project
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient
from tests.sandbox import figures
from tests.sandbox.cluster import Cluster
from tests.sandbox.helpers import PROJECT

_REQUESTS = "ALBRequestCountPerTarget"
_LOAD = 0.3
# Operations in each minute. Of four, one is a push.
_QUIET, _BUSY = 4, 12
_CLIENTS = 6


@pytest.fixture(scope="module")
def declared() -> Declaration:
    """The prod stack with its policy for requests. CPU says nothing here: all replicas share the same cores."""

    def without_cpu(resource: Resource) -> Resource | None:
        is_policy = resource.type == "aws:appautoscaling/policy:Policy"
        return None if is_policy and _REQUESTS not in str(resource.inputs) else resource

    return evaluate_project(PROJECT, "prod").changed(without_cpu)


def test_replicas_follow_the_load_without_failed_operations(cluster: Cluster, declared: Declaration) -> None:
    with ThreadPoolExecutor(_CLIENTS) as clients, ThreadPoolExecutor(1) as ecs:
        traffic = _Traffic(cluster, clients)
        traffic.minute(_QUIET)  # so that there are images to pull
        scaler = Scaler(declared)
        weight = _LOAD * scaler.target_value(_REQUESTS) * _QUIET / traffic.minute(_QUIET)
        history: list[tuple[float, int]] = []
        count = len(cluster.tasks)
        for operations in [_QUIET] * 3 + [_BUSY] * 6 + [_QUIET] * 20:
            scaling = ecs.submit(_scale, cluster, count)  # while clients push and pull
            before = len(cluster.tasks)
            metric = traffic.minute(operations) * weight / before
            scaling.result()
            history.append((operations * _LOAD, count))
            count = scaler.next_count({_REQUESTS: metric}, len(cluster.tasks))
    with RegistryClient(Endpoint.of(cluster.sandbox)) as client:
        for image in traffic.pushed:
            client.pull(image)
    figures.record(
        "replicas follow the load",
        f"{traffic.requests()} requests, 0 failed; {len(traffic.pushed)} images pushed, 0 lost or altered;"
        f" load in target values, replicas, minutes: {', '.join(_runs(history))}",
    )
    assert [count for count, _ in itertools.groupby(count for _, count in history)] == [2, 4, 2]


class _Traffic:
    """Pushes and pulls. A failed or altered one raises an error.

    Attributes:
        pushed: the images so far.
    """

    pushed: list[Image]

    def __init__(self, cluster: Cluster, clients: ThreadPoolExecutor) -> None:
        self._cluster, self._clients = cluster, clients
        self.pushed = []

    def minute(self, operations: int) -> int:
        """Push and pull until all operations are complete. Return the requests that the load balancer received."""
        before = self.requests()
        pushes = [number % 4 == 0 for number in range(operations)]
        for done in [self._clients.submit(self._operate, push) for push in pushes]:
            done.result()
        return self.requests() - before

    def requests(self) -> int:
        return self._cluster.balancer.requests_received()

    def _operate(self, push: bool) -> None:
        with RegistryClient(Endpoint.of(self._cluster.sandbox)) as client:
            if push or not self.pushed:
                image = Image.random("events/scaled", str(random.getrandbits(64)), layer_bytes=20_000)
                client.push(image)
                self.pushed.append(image)
            else:
                client.pull(random.choice(self.pushed))


def _scale(cluster: Cluster, count: int) -> None:
    """Start or stop tasks as ECS does after a deployment."""
    while len(cluster.tasks) < count:
        cluster.start_task(cluster.instances[len(cluster.tasks) % len(cluster.instances)])
    while len(cluster.tasks) > count:
        stopped = cluster.tasks[-1]
        cluster.stop_task(stopped)
        cluster.remove_task(stopped)


def _runs(history: list[tuple[float, int]]) -> Iterator[str]:
    for (load, count), run in itertools.groupby(history):
        yield f"{load:.1f} {count} {len(list(run))}"
