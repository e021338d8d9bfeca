"""What ECS answers, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.pure.container import ContainerSettings, container_definition

SETTINGS = ContainerSettings(
    image="registry:3",
    region="us-west-2",
    bucket="images",
    log_group="log",
    http_secret_arn="arn:aws:ssm:us-west-2:123456789012:parameter/secret",
)


def test_container_definition_comes_back_with_its_empty_lists(aws: Callable[[str], Any]) -> None:
    registered = {
        "name": "bare",
        "image": "bare:1",
        "memoryReservation": 256,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
    }
    assert _returned(aws("ecs"), registered) == {
        **registered,
        "cpu": 0,
        "essential": True,
        "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
        **{key: [] for key in ("environment", "mountPoints", "portMappings", "systemControls", "volumesFrom")},
    }


def test_registry_is_declared_as_it_comes_back(aws: Callable[[str], Any]) -> None:
    declared = container_definition(SETTINGS)
    assert _returned(aws("ecs"), declared) == declared


def test_deployment_whose_image_is_missing_is_rolled_back(aws: Callable[[str], Any]) -> None:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="cluster")
    first, second = (
        ecs.register_task_definition(
            family="family", containerDefinitions=[{"name": "registry", "image": image, "memoryReservation": 256}]
        )["taskDefinition"]["taskDefinitionArn"]
        for image in ("registry:2", "registry:3-missing")
    )
    ecs.create_service(cluster="cluster", serviceName="service", taskDefinition=first, desiredCount=2)
    ecs.update_service(cluster="cluster", service="service", taskDefinition=second)
    (service,) = ecs.describe_services(cluster="cluster", services=["service"])["services"]
    assert service["taskDefinition"] == first
    assert [deployment["taskDefinition"] for deployment in service["deployments"]] == [first]


def _returned(ecs: Any, container: dict[str, Any]) -> dict[str, Any]:
    ecs.register_task_definition(family="family", containerDefinitions=[container])
    described = ecs.describe_task_definition(taskDefinition="family")["taskDefinition"]
    (returned,) = described["containerDefinitions"]
    return returned
