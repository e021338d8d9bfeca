"""registry:2 is replaced by registry:3, and back, while images are pushed and pulled."""

from __future__ import annotations

from sandbox.containers import RunningContainer
from sandbox.declared import Declaration
from sandbox.project import evaluate_project
from tests.sandbox import figures
from tests.sandbox.events.bare import ask
from tests.sandbox.fleet import Fleet
from tests.sandbox.helpers import PROJECT
from tests.sandbox.registry_client import Image
from tests.sandbox.traffic import Report, traffic


def test_old_and_new_serve_the_same_and_going_back_works(fleet: Fleet) -> None:
    version_2 = fleet.sandbox.stack.declaration
    version_3 = evaluate_project(PROJECT, "dev", overrides={"registry:image": "registry:3"})
    assert version_3.exports["bucketName"] == version_2.exports["bucketName"]
    with traffic(fleet.sandbox, clients=2) as report:
        for declaration in (version_3, version_2):
            deploy(fleet, declaration, report)
        report.goes_on()
    assert not report.failures
    assert not report.lost
    figures.record("registry:2 to registry:3 and back", report)


def deploy(fleet: Fleet, declaration: Declaration, report: Report) -> None:
    """As ECS does it: the new tasks first, then the old ones are stopped."""
    old = list(fleet.tasks)
    new = [fleet.start_task(instance, declaration) for instance in fleet.instances]
    report.goes_on()
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
