"""Tasks that are killed or stopped while images are pushed and pulled."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack

from sandbox.ecs.runtime import RunningContainer
from sandbox.machine.processes import wait_until
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures, https
from tests.sandbox.cluster import Cluster
from tests.sandbox.helpers import registry_process
from tests.sandbox.traffic import PODMAN_ATTEMPTS, Report, retry, traffic


def test_killed_task_costs_one_retry_and_no_image(cluster: Cluster) -> None:
    image = Image.random("events/killed", "1", layers=6, layer_bytes=100_000)
    failures: list[RequestFailed] = []
    with ExitStack() as exits:
        killer = TaskKiller(cluster, exits)
        with RegistryClient(Endpoint.of(cluster.sandbox)) as client:
            retry(lambda: client.push(image, halfway=killer.kill_serving_task), PODMAN_ATTEMPTS, failures.append)
        assert "PATCH" in str(failures[0]), failures
        killer.replace_task()
        with RegistryClient(Endpoint.of(cluster.sandbox)) as client:
            retry(lambda: client.pull(image, halfway=killer.kill_other_task), PODMAN_ATTEMPTS, failures.append)
        killer.replace_task()
        killer.report.assert_continues()
    assert not killer.report.abandoned_operations
    assert not killer.report.lost
    figures.record("a task is killed in mid-push, another in mid-pull", killer.report)


class TaskKiller:
    """Kills the task that receives a layer, then the other task."""

    def __init__(self, cluster: Cluster, exits: ExitStack) -> None:
        self._cluster = cluster
        self._exits = exits
        self._dead: list[RunningContainer] = []
        self.report = Report()

    def kill_serving_task(self) -> None:
        """Start the traffic, and kill the task with the client's request. A retry kills no other task."""
        if not self._dead:
            serving = self._serving_task()  # without traffic, only the client's request is active
            self.report = self._exits.enter_context(traffic(self._cluster.sandbox, clients=2, attempts=PODMAN_ATTEMPTS))
            self._kill(serving)

    def kill_other_task(self) -> None:
        """Kill the task that has not been replaced. A retry kills no other task."""
        if not self._dead:
            self._kill(self._cluster.tasks[0])

    def replace_task(self) -> None:
        """Start a new task instead of the killed one, like ECS."""
        dead = self._dead.pop()
        self._cluster.remove_task(dead)
        new = self._cluster.start_task(self._cluster.instance_of(dead))
        wait_until(lambda: self._cluster.balancer.request_count(new) > 0, "a request to the new task", seconds=20)

    def _serving_task(self) -> RunningContainer:
        """Find the only task with an active request.

        HAProxy's counters lag behind requests, so the same answer must come five times in a row.
        """
        answers: list[list[RunningContainer]] = []

        def is_steady() -> bool:
            answers.append([task for task in self._cluster.tasks if self._cluster.balancer.active_requests(task)])
            return len(answers[-1]) == 1 and answers[-5:] == [answers[-1]] * 5

        wait_until(is_steady, "the upload at a task", seconds=20)
        return answers[-1][0]

    def _kill(self, task: RunningContainer) -> None:
        self._cluster.kill_task(task)
        self._dead.append(task)


def test_stopped_task_fails_no_request(cluster: Cluster) -> None:
    with traffic(cluster.sandbox, clients=2) as report:
        old = cluster.tasks[0]
        cluster.start_task(cluster.instance_of(old))
        cluster.stop_task(old)
        report.assert_continues()  # while the target is deregistered, but not yet removed
        cluster.remove_task(old)
    assert not report.failures
    assert not report.lost
    figures.record("a task is stopped by ECS", report)


def test_stopped_registry_completes_its_requests(cluster: Cluster) -> None:
    """Without its drain timeout, it would cut off the upload."""
    task = cluster.start_task(cluster.instances[0])
    cluster.balancer.deregister(task)
    upload = https.ask(task, "POST", "/v2/events/drained/blobs/uploads/", login=cluster.login)
    connection = https.connect(task)
    connection.putrequest("PATCH", upload.headers["Location"])
    connection.putheader("Content-Length", "10")
    for name, value in https.authorization(cluster.login).items():
        connection.putheader(name, value)
    connection.endheaders(b"first")
    process = registry_process(task)
    os.kill(process, signal.SIGTERM)
    wait_until(
        lambda: "stopping server gracefully" in task.output(), "the log line 'stopping server gracefully'", seconds=10
    )
    connection.send(b"other")
    assert connection.getresponse().status == 202
    connection.close()
    wait_until(lambda: not os.path.exists(f"/proc/{process}"), "the end of the registry", seconds=10)
    cluster.remove_task(task)
