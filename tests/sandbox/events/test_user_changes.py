"""Users are added, removed and change their passwords, while others push and pull."""

from __future__ import annotations

import time
from collections.abc import Callable

from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.events.bootstrap import Bootstrap
from tests.sandbox.fleet import TIMER_SCALE, Fleet
from tests.sandbox.helpers import registry_process, status
from tests.sandbox.traffic import traffic

ALICE = ("alice", "in wonderland")
ALICE_LATER = ("alice", "through the looking-glass")
BOB = ("bob", "the builder")


def test_users_change_everywhere_within_one_sync_and_nobody_else_notices(fleet: Fleet) -> None:
    bootstrap = Bootstrap(fleet.sandbox)
    processes = [registry_process(int(task.id)) for task in fleet.tasks]
    everywhere = Everywhere(fleet)
    with traffic(fleet.sandbox, clients=2) as report:
        assert everywhere.refused(ALICE)
        with bootstrap.with_users(dict([ALICE, BOB])):
            added = everywhere.after_one_sync(lambda: everywhere.served(ALICE) and everywhere.served(BOB))
        with bootstrap.with_users(dict([ALICE_LATER])):
            changed = everywhere.after_one_sync(lambda: everywhere.served(ALICE_LATER) and everywhere.refused(BOB))
            assert everywhere.refused(ALICE)
        removed = everywhere.after_one_sync(lambda: everywhere.refused(ALICE_LATER))
        report.assert_continues()
    assert not report.failures
    assert not report.lost
    assert [registry_process(int(task.id)) for task in fleet.tasks] == processes
    figures.record(
        "users change",
        f"{report}; in force on every instance after {added:.1f} s (added), {changed:.1f} s (changed, removed), "
        f"{removed:.1f} s (the last removed), where the timers wait {60 * TIMER_SCALE:.1f} s instead of 60 s",
    )


class Everywhere:
    """Every task, asked past the load balancer."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def served(self, login: tuple[str, str]) -> bool:
        return all(status(task.address, task.port, "/v2/", login) == 200 for task in self._fleet.tasks)

    def refused(self, login: tuple[str, str]) -> bool:
        return all(status(task.address, task.port, "/v2/", login) == 401 for task in self._fleet.tasks)

    def after_one_sync(self, in_force: Callable[[], bool]) -> float:
        """How many seconds that took; no instance has synced twice until then, one that was under way aside."""
        begun, before = time.monotonic(), self._syncs()
        wait_until(in_force, "the change on every instance", seconds=30)
        seconds = time.monotonic() - begun
        assert all(self._syncs()[id_] - count <= 2 for id_, count in before.items())
        return seconds

    def _syncs(self) -> dict[str, int]:
        return {
            instance.id: len([call for call in instance.calls("aws") if call[:2] == ["s3", "cp"]])
            for instance in self._fleet.instances
        }
