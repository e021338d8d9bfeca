"""Gaps of moto's ECS: settings and rollbacks of services, container definitions, states of tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.aws.patching import around, method_of

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


@around(EC2ContainerServiceBackend, "run_task")
def _run_until_the_agent_stops(run: Callable[..., list[Any]], *args: Any, **kwargs: Any) -> list[Any]:
    """A task runs until its agent says otherwise, and has an exit code then.

    moto stops it when it is described, with the exit code 0 from the start. Source: ECS API Reference, "Container".
    """
    tasks = run(*args, **kwargs)
    for task in tasks:
        task._transitions = []
        for container in task.containers:
            container.exitCode = None
    return tasks


@around(EC2ContainerServiceBackend, "stop_task")
def _stop_by_the_agent(stop: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """A task is to stop, and has stopped when its agent says so. moto stops it at once.

    Source: ECS Developer Guide, "Amazon ECS task lifecycle".
    """
    task = stop(*args, **kwargs)
    task.last_status = "STOPPING"
    return task


@around(EC2ContainerServiceBackend, "list_tasks")
def _list_running_tasks(list_: Callable[..., list[Any]], backend: Any, *filters: str | None) -> list[Any]:
    """Tasks that are to stop are not listed by default (ECS API Reference, "ListTasks", desiredStatus)."""
    *others, desired_status = filters
    return list_(backend, *others, desired_status or "RUNNING")


@method_of(EC2ContainerServiceResponse)
def submit_task_state_change(response: Any) -> ActionResult:
    """An agent says what has become of a task. moto lacks the operation, since it has no agents.

    Source: aws/amazon-ecs-agent 1.105.1, ecs-agent/api/ecs/client/ecs_client.go.
    """
    backend, cluster = response.ecs_backend, response._get_param("cluster")
    (task,) = backend.describe_tasks(cluster, [response._get_param("task")])
    status = response._get_param("status")
    if status == "STOPPED" and task.desired_status != "STOPPED":
        # Returns the task's resources to its instance, as after StopTask.
        backend.stop_task(cluster, task.task_arn, "Essential container in task exited")
    task.last_status = status
    for container, change in zip(task.containers, response._get_param("containers") or (), strict=False):
        container.exitCode = change["exitCode"]
    return ActionResult({"acknowledgment": "ACCEPT"})
