"""Users are added and removed, and change passwords, while images are pushed and pulled."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.bootstrap import Bootstrap
from tests.sandbox.cluster import TIMER_SCALE, Cluster
from tests.sandbox.helpers import registry_process
from tests.sandbox.https import login_status
from tests.sandbox.traffic import traffic

ALICE = ("alice", "in wonderland")
ALICE_NEW_PASSWORD = ("alice", "through the looking-glass")
BOB = ("bob", "the builder")


def test_user_changes_apply_to_all_tasks_within_one_sync(cluster: Cluster) -> None:
    bootstrap = Bootstrap(cluster.sandbox)
    processes = [registry_process(task) for task in cluster.tasks]
    tasks = AllTasks(cluster)
    with traffic(cluster.sandbox, clients=2) as report:
        assert tasks.refuse(ALICE)
        with bootstrap.with_users(dict([ALICE, BOB])):
            added = tasks.seconds_until(lambda: tasks.accept(ALICE) and tasks.accept(BOB))
        with bootstrap.with_users(dict([ALICE_NEW_PASSWORD])):
            changed = tasks.seconds_until(lambda: tasks.accept(ALICE_NEW_PASSWORD) and tasks.refuse(BOB))
            assert tasks.refuse(ALICE)
        removed = tasks.seconds_until(lambda: tasks.refuse(ALICE_NEW_PASSWORD))
        report.assert_continues()
    assert not report.failures
    assert not report.lost
    assert [registry_process(task) for task in cluster.tasks] == processes
    figures.record(
        "users change",
        f"{report}; in force on every instance after {added:.1f} s (added), {changed:.1f} s (changed, removed), "
        f"{removed:.1f} s (the last removed), where the timers wait {60 * TIMER_SCALE:.1f} s instead of 60 s",
    )


class AllTasks:
    """All tasks, which get requests without the load balancer."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def accept(self, login: tuple[str, str]) -> bool:
        return all(login_status(task, login) == 200 for task in self._cluster.tasks)

    def refuse(self, login: tuple[str, str]) -> bool:
        return all(login_status(task, login) == 401 for task in self._cluster.tasks)

    def seconds_until(self, in_force: Callable[[], bool]) -> float:
        """Wait for a change, check that no instance needed more than one sync, and return the seconds."""
        start, before = time.monotonic(), self._syncs()
        wait_until(in_force, "the change in all tasks", seconds=30)
        seconds = time.monotonic() - start
        # Another sync may have been active at the start.
        assert all(self._syncs()[id_] - count <= 2 for id_, count in before.items())
        return seconds

    def _syncs(self) -> dict[str, int]:
        """The number of syncs of each instance."""
        return {
            instance.id: len([call for call in instance.calls("aws") if call[:2] == ["s3", "cp"]])
            for instance in self._cluster.instances
        }
