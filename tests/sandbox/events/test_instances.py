"""Instances that die, boot, or fail to boot, while images are pushed and pulled."""

from __future__ import annotations

import time

import pytest

from sandbox.errors import SandboxError
from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.bootstrap import Bootstrap
from tests.sandbox.cluster import Cluster
from tests.sandbox.traffic import PODMAN_ATTEMPTS, traffic


def test_dead_instance_is_replaced_without_failed_operations(cluster: Cluster) -> None:
    with traffic(cluster.sandbox, clients=2, attempts=PODMAN_ATTEMPTS) as report:
        (dead,) = cluster.kill_instance(cluster.instances[0])
        report.assert_continues()
        cluster.remove_task(dead)
        died = time.monotonic()
        new = cluster.start_task(cluster.boot_instance("127.0.0.4"))
        seconds = time.monotonic() - died
        wait_until(lambda: cluster.balancer.request_count(new) > 0, "a request to the new instance", seconds=20)
        report.assert_continues()
    assert not report.abandoned_operations
    assert not report.lost
    figures.record("an instance dies", f"{report}; a new one booted and served after {seconds:.1f} s")


def test_instance_that_fails_to_boot_gets_no_requests(cluster: Cluster) -> None:
    """For the end of its boot script, see test_boot.py."""
    bootstrap = Bootstrap(cluster.sandbox)
    targets = set(cluster.balancer.request_counts())
    with traffic(cluster.sandbox, clients=2) as report, bootstrap.without("domain.key"):
        with pytest.raises(SandboxError, match=r"launch hook ABANDON, cluster none(.|\n)*domain\.key is missing"):
            cluster.boot_instance("127.0.0.5")
        report.assert_continues()
    assert set(cluster.balancer.request_counts()) == targets
    assert "127.0.0.5" not in targets
    assert not report.failures
    assert not report.lost
    figures.record("an instance cannot boot", report)
