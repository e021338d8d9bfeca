"""Calls that ECS refuses: reserved names, resources that are in use, and target groups without a load balancer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from sandbox.aws.patching import around, refuses
from sandbox.aws.refusals.elbv2 import load_balancers_of_target_group


@refuses(EC2ContainerServiceBackend, "register_task_definition", "ClientException")
def _memory_limit_below_the_reservation(_backend: Any, container_definitions: list[dict[str, Any]]) -> str | None:
    """Source: ECS API Reference, "ContainerDefinition", memory. Without a reservation, the limit is reserved."""
    for container in container_definitions:
        if container.get("memoryReservation", 0) >= container.get("memory", float("inf")):
            return (
                f"Invalid setting for container '{container['name']}': memory must be greater than memoryReservation."
            )
    return None


@refuses(EC2ContainerServiceBackend, "create_capacity_provider", "ClientException")
def _reserved_provider_name(_backend: Any, name: str) -> str | None:
    """Sources: ECS API Reference, "CreateCapacityProvider", name; in upper case too: aws-cdk#36584."""
    if re.match("aws|ecs|fargate", name, re.IGNORECASE):
        return (
            "The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters "
            "(upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "
            '"aws", "ecs", or "fargate". Specify a valid name and try again.'
        )
    return None


@refuses(EC2ContainerServiceBackend, "create_capacity_provider", "ClientException")
def _group_of_another_provider(backend: Any, asg_details: Mapping[str, Any]) -> str | None:
    """Source: aws/containers-roadmap#632, also for the code."""
    providers = backend.capacity_providers.values()
    if asg_details["autoScalingGroupArn"] in {
        provider.auto_scaling_group_provider["autoScalingGroupArn"] for provider in providers
    }:
        return (
            "The specified Auto Scaling group ARN is already being used by another capacity provider. "
            "Specify a unique Auto Scaling group ARN and try again."
        )
    return None


@around(EC2ContainerServiceBackend, "delete_capacity_provider")
def _provider_in_use(delete: Callable[..., Any], backend: Any, name_or_arn: str) -> Any:
    """ECS accepts the call, and the capacity provider of a cluster gets the status DELETE_FAILED.

    Sources: ECS API Reference, "DeleteCapacityProvider"; status: ekristen/aws-nuke#542.
    """
    provider = backend._get_provider(name_or_arn)
    clusters = [cluster for cluster in backend.clusters.values() if cluster.status == "ACTIVE"]
    if provider and any(provider.name in (cluster.capacity_providers or ()) for cluster in clusters):
        provider.update_status = "DELETE_FAILED"
        return provider
    return delete(backend, name_or_arn)


@refuses(EC2ContainerServiceBackend, "put_cluster_capacity_providers", "ResourceInUseException")
def _provider_of_a_service(backend: Any, cluster_name: str, capacity_providers: Sequence[str] | None) -> str | None:
    """Sources: ECS API Reference, "PutClusterCapacityProviders"; message: aws-cdk#15366."""
    used = {
        item["capacityProvider"]
        for service in _active_services(backend, cluster_name)
        for item in getattr(service, "capacity_provider_strategy", ())
    }
    if used - set(capacity_providers or ()):
        return "The specified capacity provider is in use and cannot be removed."
    return None


@refuses(EC2ContainerServiceResponse, "create_service", "InvalidParameterException")
def _target_group_without_load_balancer(response: Any) -> str | None:
    """Sources: ECS Developer Guide, "Use load balancing"; code and message: hashicorp/terraform#32908."""
    elbv2 = elbv2_backends[response.current_account][response.region]
    for target in response._get_param("loadBalancers") or ():
        if not load_balancers_of_target_group(elbv2, target["targetGroupArn"]):
            return (
                f"The target group with targetGroupArn {target['targetGroupArn']} "
                "does not have an associated load balancer."
            )
    return None


@refuses(EC2ContainerServiceBackend, "delete_cluster", "ClusterContainsServicesException")
def _cluster_with_services(backend: Any, cluster_str: str) -> str | None:
    """Sources: ECS API Reference, "DeleteCluster"; message: coldbrewcloud/coldbrew-cli#35."""
    if _active_services(backend, cluster_str):
        return "The Cluster cannot be deleted while Services are active."
    return None


@refuses(EC2ContainerServiceBackend, "delete_cluster", "ClusterContainsContainerInstancesException")
def _cluster_with_instances(backend: Any, cluster_str: str) -> str | None:
    """No instance boots in the emulator: an instance counts if its boot script names the cluster.

    Sources: ECS API Reference, "DeleteCluster"; message: gruntwork-io/cloud-nuke#1131; ECS Developer Guide,
    "Bootstrapping Amazon ECS Linux container instances".
    """
    instances = ec2_backends[backend.account_id][backend.region_name].all_running_instances()
    if any(instance.user_data and _name(cluster_str) in instance.user_data.decode() for instance in instances):
        return "The Cluster cannot be deleted while Container Instances are active or draining."
    return None


def _active_services(backend: Any, cluster: str) -> list[Any]:
    services = [service for service in backend.services.values() if service.status == "ACTIVE"]
    return [service for service in services if service.cluster_name == _name(cluster)]


def _name(cluster: str) -> str:
    """A cluster's name, given the name or the ARN."""
    return cluster.rpartition("/")[2]
