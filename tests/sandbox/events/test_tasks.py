"""Tasks die and are stopped while images are pushed and pulled."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack

from sandbox.ecs.runtime import RunningContainer
from sandbox.machine.processes import wait_until
from sandbox.random_image import Image
from sandbox.registry_client import Endpoint, RegistryClient, RequestFailed
from tests.sandbox import figures
from tests.sandbox.events import bare
from tests.sandbox.fleet import Fleet
from tests.sandbox.helpers import registry_process
from tests.sandbox.traffic import PODMAN_ATTEMPTS, Report, retry, traffic


def test_a_task_killed_in_mid_push_and_in_mid_pull_costs_the_client_a_retry_and_no_image(fleet: Fleet) -> None:
    image = Image.random("events/killed", "1", layers=6, layer_bytes=100_000)
    failures: list[RequestFailed] = []
    with ExitStack() as exits:
        event = Killing(fleet, exits)
        with RegistryClient(Endpoint.of(fleet.sandbox)) as client:
            retry(lambda: client.push(image, halfway=event.kill_who_serves), PODMAN_ATTEMPTS, failures.append)
        assert "PATCH" in str(failures[0]), failures
        event.start_again()
        with RegistryClient(Endpoint.of(fleet.sandbox)) as client:
            retry(lambda: client.pull(image, halfway=event.kill_another), PODMAN_ATTEMPTS, failures.append)
        event.start_again()
        event.report.assert_continues()
    assert not event.report.abandoned_operations
    assert not event.report.lost
    figures.record("a task is killed in mid-push, another in mid-pull", event.report)


class Killing:
    """One task is killed while it takes the half of a layer, then the other one."""

    def __init__(self, fleet: Fleet, exits: ExitStack) -> None:
        self._fleet = fleet
        self._exits = exits
        self._dead: list[RunningContainer] = []
        self.report = Report()

    def kill_who_serves(self) -> None:
        """The first time; traffic begins just before, so that none but the client's request is under way at first."""
        if not self._dead:
            serving = self._who_serves()
            self.report = self._exits.enter_context(traffic(self._fleet.sandbox, clients=2, attempts=PODMAN_ATTEMPTS))
            self._kill(serving)

    def _who_serves(self) -> RunningContainer:
        """Told five times in a row: the request before may go on being counted for a moment, or this one not yet."""
        told: list[list[RunningContainer]] = []

        def steady() -> bool:
            told.append([task for task in self._fleet.tasks if self._fleet.balancer.under_way(task)])
            return len(told[-1]) == 1 and told[-5:] == [told[-1]] * 5

        wait_until(steady, "the upload at a task", seconds=20)
        return told[-1][0]

    def kill_another(self) -> None:
        """The first time: one that has not been started again."""
        if not self._dead:
            self._kill(self._fleet.tasks[0])

    def _kill(self, task: RunningContainer) -> None:
        self._fleet.kill_task(task)
        self._dead.append(task)

    def start_again(self) -> None:
        """As ECS does it. The new one serves."""
        task = self._dead.pop()
        self._fleet.forget_task(task)
        new = self._fleet.start_task(self._fleet.instance_of(task))
        wait_until(lambda: self._fleet.balancer.served(new) > 0, "a request for the new task", seconds=20)


def test_a_task_that_ecs_stops_costs_no_request(fleet: Fleet) -> None:
    with traffic(fleet.sandbox, clients=2) as report:
        old = fleet.tasks[0]
        fleet.start_task(fleet.instance_of(old))
        fleet.stop_task(old)
        report.assert_continues()  # past a target that has gone, which nothing but the deregistration has told
        fleet.forget_task(old)
    assert not report.failures
    assert not report.lost
    figures.record("a task is stopped by ECS", report)


def test_a_registry_that_is_told_to_stop_ends_what_it_is_doing(fleet: Fleet) -> None:
    """Its drain timeout: without one it would cut off the upload."""
    task = fleet.start_task(fleet.instances[0])
    fleet.balancer.deregister(task)
    begun = bare.ask(task, "POST", "/v2/events/drained/blobs/uploads/", login=fleet.login)
    connection = bare.connect(task)
    connection.putrequest("PATCH", begun.headers["Location"])
    connection.putheader("Content-Length", "10")
    for name, value in bare.authorization(fleet.login).items():
        connection.putheader(name, value)
    connection.endheaders(b"first")
    process = registry_process(int(task.id))
    os.kill(process, signal.SIGTERM)
    wait_until(lambda: "stopping server gracefully" in task.output(), "the registry's own word for it", seconds=10)
    connection.send(b"other")
    assert connection.getresponse().status == 202
    connection.close()
    wait_until(lambda: not os.path.exists(f"/proc/{process}"), "the registry's end", seconds=10)
    fleet.forget_task(task)
