"""Upgrade from registry:2 to registry:3, and rollback, while images are pushed and pulled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sandbox.ecs.instance import Instance
from sandbox.ecs.runtime import RunningContainer
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.project import evaluate_project
from sandbox.random_image import MANIFEST_TYPE, Image
from tests.sandbox import figures
from tests.sandbox.cluster import Cluster
from tests.sandbox.helpers import PROJECT
from tests.sandbox.https import ask
from tests.sandbox.traffic import Report, traffic


@pytest.fixture(scope="module")
def version_3(cluster: Cluster) -> Declaration:
    """The dev stack with registry:3."""
    declared = evaluate_project(PROJECT, "dev", overrides={"registry:image": "registry:3"})
    assert declared.exports["bucketName"] == cluster.sandbox.stack.declaration.exports["bucketName"]
    return declared


def test_upgrade_and_rollback_fail_no_request(cluster: Cluster, version_3: Declaration) -> None:
    with traffic(cluster.sandbox, clients=2) as report:
        deploy(cluster, version_3, cluster.instances, report)
        deploy(cluster, cluster.sandbox.stack.declaration, cluster.instances, report)
        report.assert_continues()
    assert not report.failures
    assert not report.lost
    figures.record("registry:2 to registry:3 and back", report)


def deploy(cluster: Cluster, declaration: Declaration, instances: Sequence[Instance], report: Report) -> None:
    """Deploy like ECS: start the new tasks, then stop the old ones."""
    old = list(cluster.tasks)
    new = [cluster.start_task(instance, declaration) for instance in instances]
    report.assert_continues()
    assert all(cluster.balancer.request_count(task) for task in new)
    for image in report.pushed[-4:]:
        assert {manifest(cluster, task, image) for task in (*old, *new)} == {image.manifest}
    for task in old:
        cluster.stop_task(task)
        cluster.remove_task(task)


def manifest(cluster: Cluster, task: RunningContainer, image: Image) -> bytes:
    """Fetch an image's manifest from one task."""
    path = f"/v2/{image.repository}/manifests/{image.tag}"
    accept = {"Accept": MANIFEST_TYPE}
    return ask(task, "GET", path, login=cluster.login, headers=accept).body
