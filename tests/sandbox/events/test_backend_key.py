"""A new key for the connection between load balancer and replicas, while images are pushed and pulled."""

from __future__ import annotations

import ssl

from sandbox.ecs.runtime import RunningContainer
from sandbox.machine.processes import wait_until
from tests.sandbox import figures
from tests.sandbox.bootstrap import Bootstrap
from tests.sandbox.cluster import Cluster
from tests.sandbox.events.certificate_authority import CertificateAuthority
from tests.sandbox.traffic import traffic


def test_new_backend_key_is_used_by_restarted_tasks_and_fails_no_request(cluster: Cluster) -> None:
    authority = CertificateAuthority("registry backend")
    new = authority.certificate()
    with (
        traffic(cluster.sandbox, clients=2) as report,
        Bootstrap(cluster.sandbox).with_backend(new, authority.key_pem),
    ):
        files = [instance.host_path("/docker-registry/certs/domain.crt") for instance in cluster.instances]
        wait_until(lambda: all(file.read_text() == new for file in files), "the new files", seconds=30)
        report.assert_continues()
        assert new not in [served_certificate(task) for task in cluster.tasks]
        for old in list(cluster.tasks):
            cluster.start_task(cluster.instance_of(old))
            cluster.stop_task(old)
            cluster.remove_task(old)
        report.assert_continues()
        assert {served_certificate(task) for task in cluster.tasks} == {new}
    assert not report.failures
    assert not report.lost
    figures.record("the backend key is replaced", report)


def served_certificate(task: RunningContainer) -> str:
    """The certificate with which a task serves, PEM."""
    return ssl.get_server_certificate((task.address, task.port))
