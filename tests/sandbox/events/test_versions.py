"""registry:2 is replaced by registry:3, and back, while images are pushed and pulled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sandbox.ecs import agent
from sandbox.ecs.runtime import RunningContainer
from sandbox.ecs.instance import Instance
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.project import evaluate_project
from sandbox.random_image import Image
from tests.sandbox import figures
from tests.sandbox.events.bare import ask
from tests.sandbox.fleet import Fleet
from tests.sandbox.helpers import PROJECT
from tests.sandbox.traffic import Report, traffic


@pytest.fixture(scope="module")
def version_3(fleet: Fleet) -> Declaration:
    """The dev stack with registry:3."""
    declared = evaluate_project(PROJECT, "dev", overrides={"registry:image": "registry:3"})
    assert declared.exports["bucketName"] == fleet.sandbox.stack.declaration.exports["bucketName"]
    return declared


def test_old_and_new_serve_the_same_and_going_back_works(fleet: Fleet, version_3: Declaration) -> None:
    """In both directions the old tasks serve until new instances run new ones, as an instance refresh brings them."""
    version_2 = fleet.sandbox.stack.declaration
    with traffic(fleet.sandbox, clients=2) as report:
        deploy(fleet, version_3, fleet.instances, report)
        refresh(fleet, version_3, ("127.0.0.6", "127.0.0.7"), report)
        # registry:2 gets no keys here, and ECS does not place it here.
        assert not any(agent.fits(version_2, instance) for instance in fleet.instances)
        refresh(fleet, version_2, ("127.0.0.8", "127.0.0.9"), report)
        report.assert_continues()
    assert not report.failures
    assert not report.lost
    figures.record("registry:2 to registry:3 and back", report)


def test_version_2_cannot_push_where_the_metadata_service_asks_for_tokens(fleet: Fleet, version_3: Declaration) -> None:
    """Why its task definition has a placement constraint."""
    anywhere = fleet.sandbox.stack.declaration.with_inputs(
        "aws:ecs/taskDefinition:TaskDefinition", lambda _: {"placementConstraints": []}
    )
    instance = fleet.boot_instance("127.0.0.10", version_3)
    task = fleet.start_task(instance, anywhere)
    healthy = ask(task, "GET", "/v2/", login=fleet.login).status
    pushed = ask(task, "POST", "/v2/image/blobs/uploads/", login=fleet.login).status
    fleet.forget_task(task)
    fleet.lose_instance(instance)
    assert (healthy, pushed) == (200, 500)


def refresh(fleet: Fleet, declaration: Declaration, addresses: Sequence[str], report: Report) -> None:
    """Instances from a launch template, then tasks on them, then the old instances go."""
    old = list(fleet.instances)
    deploy(fleet, declaration, [fleet.boot_instance(address, declaration) for address in addresses], report)
    for instance in old:
        assert not fleet.lose_instance(instance), "its tasks were stopped before"


def deploy(fleet: Fleet, declaration: Declaration, instances: Sequence[Instance], report: Report) -> None:
    """As ECS does it: the new tasks first, then the old ones are stopped."""
    old = list(fleet.tasks)
    new = [fleet.start_task(instance, declaration) for instance in instances]
    report.assert_continues()
    assert all(fleet.balancer.served(task) for task in new)
    for image in report.pushed[-4:]:
        assert {manifest(fleet, task, image) for task in (*old, *new)} == {image.manifest}
    for task in old:
        fleet.stop_task(task)
        fleet.forget_task(task)


def manifest(fleet: Fleet, task: RunningContainer, image: Image) -> bytes:
    """As one task serves it."""
    path = f"/v2/{image.repository}/manifests/{image.tag}"
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    return ask(task, "GET", path, login=fleet.login, headers=accept).body
