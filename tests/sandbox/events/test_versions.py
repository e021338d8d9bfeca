"""Upgrade from registry:2 to registry:3, and rollback, while images are pushed and pulled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sandbox.ecs import agent
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
    """The old tasks serve until an instance refresh has started new instances with new tasks."""
    version_2 = cluster.sandbox.stack.declaration
    with traffic(cluster.sandbox, clients=2) as report:
        deploy(cluster, version_3, cluster.instances, report)
        refresh(cluster, version_3, ("127.0.0.6", "127.0.0.7"), report)
        # ECS does not place registry:2 on these instances, where it would get no credentials.
        assert not any(agent.fits(version_2, instance) for instance in cluster.instances)
        refresh(cluster, version_2, ("127.0.0.8", "127.0.0.9"), report)
        report.assert_continues()
    assert not report.failures
    assert not report.lost
    figures.record("registry:2 to registry:3 and back", report)


def test_version_2_cannot_push_if_the_metadata_service_requires_tokens(
    cluster: Cluster, version_3: Declaration
) -> None:
    """This is why its task definition has a placement constraint."""
    anywhere = cluster.sandbox.stack.declaration.with_inputs(
        "aws:ecs/taskDefinition:TaskDefinition", lambda _: {"placementConstraints": []}
    )
    instance = cluster.boot_instance("127.0.0.10", version_3)
    task = cluster.start_task(instance, anywhere)
    healthy = ask(task, "GET", "/v2/", login=cluster.login).status
    pushed = ask(task, "POST", "/v2/image/blobs/uploads/", login=cluster.login).status
    cluster.remove_task(task)
    cluster.kill_instance(instance)
    assert (healthy, pushed) == (200, 500)


def refresh(cluster: Cluster, declaration: Declaration, addresses: Sequence[str], report: Report) -> None:
    """Replace the instances: boot new ones, deploy tasks on them, and end the old instances."""
    old = list(cluster.instances)
    deploy(cluster, declaration, [cluster.boot_instance(address, declaration) for address in addresses], report)
    for instance in old:
        assert not cluster.kill_instance(instance), "it still has tasks"


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
