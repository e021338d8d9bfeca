"""What ECS refuses: names, and what is used or not yet there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ecs.exceptions import EcsClientException, ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from sandbox.aws.patching import wrap
from sandbox.aws.refusals.elbv2 import balancers_of


def enforce() -> None:
    """Enforce the rules."""
    wrap(EC2ContainerServiceBackend, "create_capacity_provider", _reserved_provider_name)
    wrap(EC2ContainerServiceBackend, "create_capacity_provider", _group_of_another)
    wrap(EC2ContainerServiceBackend, "delete_capacity_provider", _provider_in_use)
    wrap(EC2ContainerServiceBackend, "put_cluster_capacity_providers", _provider_of_a_service)
    wrap(EC2ContainerServiceBackend, "delete_cluster", _cluster_in_use)
    wrap(EC2ContainerServiceResponse, "create_service", _no_load_balancer)


def _reserved_provider_name(create: Callable[..., Any], backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Source: ECS API Reference, "CreateCapacityProvider", name; in any case of letters, by aws-cdk#36584."""
    if re.match("aws|ecs|fargate", name, re.IGNORECASE):
        raise EcsClientException(
            "The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters "
            "(upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "
            '"aws", "ecs", or "fargate". Specify a valid name and try again.'
        )
    return create(backend, name, *args, **kwargs)


def _group_of_another(create: Callable[..., Any], backend: Any, name: str, details: Any, *args: Any) -> Any:
    """Source: aws/containers-roadmap#632, for the code too."""
    taken = {
        provider.auto_scaling_group_provider["autoScalingGroupArn"] for provider in backend.capacity_providers.values()
    }
    if details["autoScalingGroupArn"] in taken:
        raise EcsClientException(
            "The specified Auto Scaling group ARN is already being used by another capacity provider. "
            "Specify a unique Auto Scaling group ARN and try again."
        )
    return create(backend, name, details, *args)


def _provider_in_use(delete: Callable[..., Any], backend: Any, name_or_arn: str) -> Any:
    """ECS takes the call, and the capacity provider of a cluster stays.

    Sources: ECS API Reference, "DeleteCapacityProvider"; ekristen/aws-nuke#542 for the status.
    """
    provider = backend._get_provider(name_or_arn)
    clusters = [cluster for cluster in backend.clusters.values() if cluster.status == "ACTIVE"]
    if provider and any(provider.name in (cluster.capacity_providers or ()) for cluster in clusters):
        provider.update_status = "DELETE_FAILED"
        return provider
    return delete(backend, name_or_arn)


def _provider_of_a_service(put: Callable[..., Any], backend: Any, cluster: str, providers: Any, strategy: Any) -> Any:
    """Sources: ECS API Reference, "PutClusterCapacityProviders"; aws-cdk#15366 for the text."""
    used = {
        item["capacityProvider"]
        for service in _services(backend, cluster)
        for item in getattr(service, "capacity_provider_strategy", ())
    }
    if used - set(providers or ()):
        raise ECSException("ResourceInUseException", "The specified capacity provider is in use and cannot be removed.")
    return put(backend, cluster, providers, strategy)


def _no_load_balancer(create: Callable[..., Any], response: Any) -> Any:
    """Sources: ECS Developer Guide, "Use load balancing"; hashicorp/terraform#32908 for code and text."""
    balancing = elbv2_backends[response.current_account][response.region]
    for target in response._get_param("loadBalancers") or ():
        if not balancers_of(balancing, target["targetGroupArn"]):
            raise InvalidParameterException(
                f"The target group with targetGroupArn {target['targetGroupArn']} "
                "does not have an associated load balancer."
            )
    return create(response)


def _cluster_in_use(delete: Callable[..., Any], backend: Any, cluster: str) -> Any:
    """Services or instances are left. Nothing boots behind this API: an instance counts by its boot script.

    Sources: ECS API Reference, "DeleteCluster"; coldbrewcloud/coldbrew-cli#35 and gruntwork-io/cloud-nuke#1131 for the
    texts; ECS Developer Guide, "Bootstrapping Amazon ECS Linux container instances".
    """
    if _services(backend, cluster):
        raise ECSException(
            "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."
        )
    name = cluster.rpartition("/")[2]
    instances = ec2_backends[backend.account_id][backend.region_name].all_running_instances()
    if any(instance.user_data and name in instance.user_data.decode() for instance in instances):
        raise ECSException(
            "ClusterContainsContainerInstancesException",
            "The Cluster cannot be deleted while Container Instances are active or draining.",
        )
    return delete(backend, cluster)


def _services(backend: Any, cluster: str) -> list[Any]:
    name = cluster.rpartition("/")[2]
    return [
        service for service in backend.services.values() if service.cluster_name == name and service.status == "ACTIVE"
    ]
