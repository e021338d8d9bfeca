"""Gaps of moto's ECS that the emulator closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from components.pure.container import ContainerSettings, container_definition

SETTINGS = ContainerSettings(
    image="registry:3",
    memory_limit=1536,
    region="us-west-2",
    bucket="images",
    log_group="log",
    http_secret_arn="arn:aws:ssm:us-west-2:123456789012:parameter/secret",
)


def test_container_definition_comes_back_with_empty_lists(aws: Callable[[str], Any]) -> None:
    registered = {
        "name": "bare",
        "image": "bare:1",
        "memory": 256,
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
    }
    assert _register_and_describe(aws("ecs"), registered) == {
        **registered,
        "cpu": 0,
        "essential": True,
        "linuxParameters": {"capabilities": {"add": [], "drop": ["ALL"]}},
        **{key: [] for key in ("environment", "mountPoints", "portMappings", "systemControls", "volumesFrom")},
    }


def test_declared_container_definition_comes_back_unchanged(aws: Callable[[str], Any]) -> None:
    declared = container_definition(SETTINGS)
    assert _register_and_describe(aws("ecs"), declared) == declared


def test_deployment_with_a_missing_image_is_rolled_back(aws: Callable[[str], Any]) -> None:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="cluster")
    first, second = (
        ecs.register_task_definition(
            family="family", containerDefinitions=[{"name": "registry", "image": image, "memory": 256}]
        )["taskDefinition"]["taskDefinitionArn"]
        for image in ("registry:2", "registry:3-missing")
    )
    ecs.create_service(cluster="cluster", serviceName="service", taskDefinition=first, desiredCount=2)
    ecs.update_service(cluster="cluster", service="service", taskDefinition=second)
    (service,) = ecs.describe_services(cluster="cluster", services=["service"])["services"]
    assert service["taskDefinition"] == first
    assert [deployment["taskDefinition"] for deployment in service["deployments"]] == [first]


def test_service_keeps_its_settings_and_is_stable(aws: Callable[[str], Any]) -> None:
    ecs = aws("ecs")
    ecs.create_cluster(clusterName="cluster")
    container = {"name": "registry", "image": "registry:2", "memory": 256}
    ecs.register_task_definition(family="family", containerDefinitions=[container])
    settings: dict[str, Any] = {
        "availabilityZoneRebalancing": "ENABLED",
        "capacityProviderStrategy": [{"capacityProvider": "registry", "weight": 1, "base": 0}],
        "enableECSManagedTags": True,
        "healthCheckGracePeriodSeconds": 60,
    }
    created = ecs.create_service(
        cluster="cluster", serviceName="service", taskDefinition="family", desiredCount=2, **settings
    )["service"]
    updated = ecs.update_service(cluster="cluster", service="service", healthCheckGracePeriodSeconds=90)["service"]
    assert {key: created[key] for key in settings} == settings
    assert {key: updated[key] for key in settings} == {**settings, "healthCheckGracePeriodSeconds": 90}
    assert "launchType" not in created
    assert [(each["runningCount"], each["rolloutState"]) for each in updated["deployments"]] == [(2, "COMPLETED")]


def _register_and_describe(ecs: Any, container: dict[str, Any]) -> dict[str, Any]:
    ecs.register_task_definition(family="family", containerDefinitions=[container])
    described = ecs.describe_task_definition(taskDefinition="family")["taskDefinition"]
    (returned,) = described["containerDefinitions"]
    return returned
