"""The images that ECS uses: those of running tasks, and those from which a service would start its next task.

Only ECS: Lambda takes images from Amazon ECR alone (AWS Lambda Developer Guide, "Create a Lambda function using a
container image"), so no function can use an image of this registry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# As many as one call describes (Amazon ECS API Reference).
_SERVICES, _TASKS, _REVISIONS = 10, 100, 20


@dataclass(frozen=True)
class ImageName:
    """A name of an image, without the registry's host: a registry may have several."""

    repository: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, name: str) -> ImageName:
        """Read [HOST/]REPOSITORY[:TAG][@DIGEST]. What precedes the first slash is a host if it looks like one."""
        name, _, digest = name.partition("@")
        head, _, tag = name.rpartition(":")
        path, tag = (name, "") if not head or "/" in tag else (head, tag)
        first, slash, rest = path.partition("/")
        is_host = slash and ("." in first or ":" in first or first == "localhost")
        return cls(rest if is_host else path, tag or (None if digest else "latest"), digest or None)


def running_images(ecs: Any) -> Iterator[ImageName]:
    """Yield the images of all clusters in the Region of a boto3 client of ECS."""
    definitions: set[str] = set()
    for cluster in _listed(ecs, "list_clusters", "clusterArns"):
        for task in _tasks(ecs, cluster):
            definitions.add(task["taskDefinitionArn"])
            yield from _containers(task.get("containers", ()))
        for service in _services(ecs, cluster):
            definitions |= _definitions(service)
            yield from _resolved(ecs, service)
    for definition in sorted(definitions):
        described = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        yield from _containers(described["containerDefinitions"])


def _tasks(ecs: Any, cluster: str) -> Iterator[Any]:
    arns = _listed(ecs, "list_tasks", "taskArns", cluster=cluster)
    yield from _described(lambda some: ecs.describe_tasks(cluster=cluster, tasks=some)["tasks"], arns, _TASKS)


def _services(ecs: Any, cluster: str) -> Iterator[Any]:
    arns = _listed(ecs, "list_services", "serviceArns", cluster=cluster)
    yield from _described(
        lambda some: ecs.describe_services(cluster=cluster, services=some)["services"], arns, _SERVICES
    )


def _definitions(service: Any) -> set[str]:
    """Return the task definitions of a service: that of a deployment in progress, and that of a rollback of it."""
    described = [service, *service.get("deployments", ()), *service.get("taskSets", ())]
    return {each["taskDefinition"] for each in described if each.get("taskDefinition")}


def _resolved(ecs: Any, service: Any) -> Iterator[ImageName]:
    """Yield the digests to which ECS resolved the tags of a service, and with which it starts all its tasks.

    Source: Amazon ECS API Reference, "ContainerImage". Tasks show them too, but a service may have none at the moment.
    """
    arns = [revision["arn"] for revision in service.get("currentServiceRevisions", ())]
    for revision in _described(
        lambda some: ecs.describe_service_revisions(serviceRevisionArns=some)["serviceRevisions"], arns, _REVISIONS
    ):
        yield from _containers(revision.get("containerImages", ()))


def _containers(containers: Iterable[Any]) -> Iterator[ImageName]:
    for container in containers:
        if container.get("image"):
            yield ImageName.parse(container["image"])
        if container.get("imageDigest"):
            yield ImageName("", None, container["imageDigest"])


def _listed(ecs: Any, operation: str, key: str, **arguments: str) -> list[str]:
    return [arn for page in ecs.get_paginator(operation).paginate(**arguments) for arn in page[key]]


def _described(describe: Callable[[Sequence[str]], Iterable[Any]], arns: Sequence[str], most: int) -> Iterator[Any]:
    for start in range(0, len(arns), most):
        yield from describe(arns[start : start + most])
