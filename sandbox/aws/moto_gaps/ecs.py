"""Gaps of moto's ECS: settings and rollbacks of services, container definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.aws.patching import around

# Settings of a service that moto drops: name in the API, attribute in moto.
_SERVICE_SETTINGS = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "placementStrategy": "placement_strategy",
}


@around(EC2ContainerServiceResponse, "create_service")
@around(EC2ContainerServiceResponse, "update_service")
def _keep_service_settings(call: Callable[..., Any], response: Any) -> ActionResult:
    """A service keeps its settings. It is stable at once, since the emulator runs no tasks."""
    answer = call(response)
    service = answer.result["service"]
    for key, attribute in _SERVICE_SETTINGS.items():
        if (value := response._get_param(key)) is not None:
            setattr(service, attribute, value)
    # A capacity provider strategy replaces the launch type. Only the network mode awsvpc has a network configuration.
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


@around(EC2ContainerServiceBackend, "update_service")
def _roll_back(update: Callable[..., Any], backend: Any, properties: dict[str, Any]) -> Any:
    """A service whose new tasks cannot start is rolled back. In the emulator, an image ending with "missing" cannot.

    Source: ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures".
    """
    service = backend._get_service(properties.get("cluster", "default"), properties["service"])
    before = service.task_definition
    updated = update(backend, properties)
    containers = backend.describe_task_definition(updated.task_definition).container_definitions
    if any(container["image"].endswith("missing") for container in containers):
        updated.task_definition = before
    return updated


@around(EC2ContainerServiceBackend, "register_task_definition")
def _fill_in_empty_lists(register: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """ECS returns omitted lists of a container definition as empty lists. moto leaves out two of them.

    Sources: METR/hawk#532 (the lists), braintrustdata/terraform-aws-braintrust-data-plane#335 (the capabilities).
    """
    definition = register(*args, **kwargs)
    for container in definition.container_definitions:
        container.setdefault("systemControls", [])
        if capabilities := container.get("linuxParameters", {}).get("capabilities"):
            container["linuxParameters"]["capabilities"] = {"add": [], "drop": [], **capabilities}
    return definition
