"""The names of images, and what ECS tells of a service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from components.retention_function.running import ImageName, running_images

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("registry.example.com/team/app:1", ImageName("team/app", "1", None)),
        ("registry.example.com:5000/team/app", ImageName("team/app", "latest", None)),
        ("localhost/app:1", ImageName("app", "1", None)),
        ("localhost:5000/app", ImageName("app", "latest", None)),
        ("team/app:1", ImageName("team/app", "1", None)),
        ("app", ImageName("app", "latest", None)),
        (f"registry.example.com/app@{DIGEST}", ImageName("app", None, DIGEST)),
        (f"registry.example.com/app:1@{DIGEST}", ImageName("app", "1", DIGEST)),
    ],
)
def test_name_of_an_image_is_read_without_its_host(name: str, expected: ImageName) -> None:
    assert ImageName.parse(name) == expected


class Ecs:
    """A service whose tag ECS resolved to a digest, and whose only task is of an earlier task definition.

    The answers are those in the Amazon ECS API Reference.
    """

    def get_paginator(self, operation: str) -> Any:
        lists = {
            "list_clusters": {"clusterArns": ["cluster"]},
            "list_tasks": {"taskArns": ["task"]},
            "list_services": {"serviceArns": ["service"]},
        }

        class Paginator:
            def paginate(self, **_: str) -> Iterator[Any]:
                yield lists[operation]

        return Paginator()

    def describe_tasks(self, **_: Any) -> Any:
        container = {"image": "r.example.com/app:old", "imageDigest": "sha256:running"}
        return {"tasks": [{"taskDefinitionArn": "app:1", "containers": [container]}]}

    def describe_services(self, **_: Any) -> Any:
        deployments = [{"taskDefinition": "app:2"}, {"taskDefinition": "app:1"}]
        revisions = [{"arn": "revision"}]
        service = {"taskDefinition": "app:2", "deployments": deployments, "currentServiceRevisions": revisions}
        return {"services": [service]}

    def describe_service_revisions(self, *, serviceRevisionArns: list[str]) -> Any:
        assert serviceRevisionArns == ["revision"]
        images = [{"image": "r.example.com/app:new", "imageDigest": "sha256:resolved"}]
        return {"serviceRevisions": [{"containerImages": images}]}

    def describe_task_definition(self, *, taskDefinition: str) -> Any:
        containers = {"app:1": "r.example.com/app:old", "app:2": "r.example.com/app:new"}
        return {"taskDefinition": {"containerDefinitions": [{"image": containers[taskDefinition]}]}}


def test_deployment_in_progress_uses_the_images_of_both_task_definitions() -> None:
    found = set(running_images(Ecs()))
    assert {image.tag for image in found if image.repository == "app"} == {"old", "new"}
    assert {image.digest for image in found if image.digest} == {"sha256:running", "sha256:resolved"}
