"""ECS as AWS answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.aws.patching import wrap

# What services forget: names in the API, and as moto would spell them.
_SERVICE_SETTINGS = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "placementStrategy": "placement_strategy",
}


def close() -> None:
    """Close the gaps."""
    wrap(EC2ContainerServiceResponse, "create_service", _keep_service_settings)
    wrap(EC2ContainerServiceResponse, "update_service", _keep_service_settings)
    wrap(EC2ContainerServiceBackend, "update_service", _roll_back)
    wrap(EC2ContainerServiceBackend, "_validate_container_defs", _take_memory_reservation_alone)
    wrap(EC2ContainerServiceBackend, "register_task_definition", _fill_in_container_definitions)


def _keep_service_settings(call: Callable[..., Any], response: Any) -> ActionResult:
    """Services keep what they are told, and are steady at once: nothing runs behind this API."""
    answer = call(response)
    service = answer.result["service"]
    for key, attribute in _SERVICE_SETTINGS.items():
        if (value := response._get_param(key)) is not None:
            setattr(service, attribute, value)
    # A capacity provider strategy stands in the place of a launch type, and only "awsvpc" has a network of its own.
    service.launch_type = None if getattr(service, "capacity_provider_strategy", None) else service.launch_type
    service.network_configuration = service.network_configuration or None
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment |= {
            "desiredCount": service.desired_count,
            "pendingCount": 0,
            "rolloutState": "COMPLETED",
            "runningCount": service.desired_count,
            "taskDefinition": service.task_definition,
        }
    return answer


def _roll_back(update: Callable[..., Any], backend: Any, properties: dict[str, Any]) -> Any:
    """A service whose new tasks cannot start is taken back to its old ones, and steady with them.

    Here, an image whose tag ends with "missing" cannot be pulled. Source: ECS Developer Guide, "How the Amazon ECS
    deployment circuit breaker detects failures".
    """
    service = backend._get_service(properties.get("cluster", "default"), properties["service"])
    before = service.task_definition
    updated = update(backend, properties)
    containers = backend.describe_task_definition(updated.task_definition).container_definitions
    if any(container["image"].endswith("missing") for container in containers):
        updated.task_definition = before
    return updated


def _take_memory_reservation_alone(
    validate: Callable[..., None], memory: str | None, definitions: list[dict[str, Any]], _compatibilities: list[str]
) -> None:
    """On EC2 a container needs a memory limit or a reservation; moto asks for the limit.

    Source: ECS API Reference, "ContainerDefinition", memory.
    """
    validate(memory, definitions, None)


def _fill_in_container_definitions(register: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """ECS returns a container definition with the lists that it was registered without, empty; moto lacks two kinds.

    Sources: METR/hawk#532 (the lists), braintrustdata/terraform-aws-braintrust-data-plane#335 (the capabilities).
    """
    definition = register(*args, **kwargs)
    for container in definition.container_definitions:
        container.setdefault("systemControls", [])
        if capabilities := container.get("linuxParameters", {}).get("capabilities"):
            container["linuxParameters"]["capabilities"] = {"add": [], "drop": [], **capabilities}
    return definition
