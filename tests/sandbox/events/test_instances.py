"""Instances die, and new ones boot, or cannot."""

from __future__ import annotations

import time

import pytest

from sandbox.errors import SandboxError
from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.events.bootstrap import Bootstrap
from tests.sandbox.fleet import Fleet
from tests.sandbox.traffic import PODMAN_ATTEMPTS, traffic


def test_when_an_instance_dies_the_other_serves_and_a_new_one_joins(fleet: Fleet) -> None:
    with traffic(fleet.sandbox, clients=2, attempts=PODMAN_ATTEMPTS) as report:
        (dead,) = fleet.lose_instance(fleet.instances[0])
        report.assert_continues()
        fleet.forget_task(dead)
        begun = time.monotonic()
        new = fleet.start_task(fleet.boot_instance("127.0.0.4"))
        joined = time.monotonic() - begun
        wait_until(lambda: fleet.balancer.served(new) > 0, "a request for the new instance", seconds=20)
        report.assert_continues()
    assert not report.abandoned_operations
    assert not report.lost
    figures.record("an instance dies", f"{report}; a new one booted and served after {joined:.1f} s")


def test_an_instance_that_cannot_boot_takes_no_traffic(fleet: Fleet) -> None:
    """What its boot script does then is seen in test_boot.py."""
    bootstrap = Bootstrap(fleet.sandbox)
    targets = set(fleet.balancer.requests())
    with traffic(fleet.sandbox, clients=2) as report, bootstrap.without("domain.key"):
        with pytest.raises(SandboxError, match=r"launch hook ABANDON, cluster none(.|\n)*domain\.key is missing"):
            fleet.boot_instance("127.0.0.5")
        report.assert_continues()
    assert set(fleet.balancer.requests()) == targets
    assert "127.0.0.5" not in targets
    assert not report.failures
    assert not report.lost
    figures.record("an instance cannot boot", report)
