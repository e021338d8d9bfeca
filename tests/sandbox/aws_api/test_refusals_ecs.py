"""Calls that the emulated ECS refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import (
    create_auto_scaling_group,
    create_listener,
    create_load_balancer,
    create_target_group,
    create_vpc_and_subnets,
)

Clients = Callable[[str], Any]


@pytest.mark.parametrize("name", ["aws-registry", "ecsregistry", "Fargate-registry"])
def test_reserved_capacity_provider_name_is_refused(aws: Clients, name: str) -> None:
    with pytest.raises(ClientError, match="capacity provider name is invalid"):
        _create_capacity_provider(aws, name)


def test_memory_limit_must_be_greater_than_the_reservation(aws: Clients) -> None:
    container = {"name": "registry", "image": "registry:2", "memory": 256, "memoryReservation": 256}
    with pytest.raises(ClientError, match="memory must be greater than memoryReservation"):
        aws("ecs").register_task_definition(family="registry", containerDefinitions=[container])


def test_auto_scaling_group_has_one_capacity_provider(aws: Clients) -> None:
    _create_capacity_provider(aws, "first")
    with pytest.raises(ClientError, match=r"ClientException.*already being used by another capacity provider"):
        _create_capacity_provider(aws, "second")


def test_service_needs_a_target_group_with_a_load_balancer(aws: Clients) -> None:
    vpc, subnets = create_vpc_and_subnets(aws("ec2"))
    group = create_target_group(aws("elbv2"), vpc)
    aws("ecs").create_cluster(clusterName="registry")
    with pytest.raises(ClientError, match=r"InvalidParameterException.*does not have an associated load balancer"):
        _create_service(aws, group)
    create_listener(aws("elbv2"), create_load_balancer(aws("elbv2"), subnets, Scheme="internal"), group)
    _create_service(aws, group)


def test_capacity_provider_in_use_is_not_removed(aws: Clients) -> None:
    ecs = aws("ecs")
    _create_capacity_provider(aws, "registry")
    ecs.create_cluster(clusterName="registry")
    ecs.put_cluster_capacity_providers(
        cluster="registry", capacityProviders=["registry"], defaultCapacityProviderStrategy=[]
    )
    _create_service(aws)
    with pytest.raises(ClientError, match="ResourceInUseException"):
        ecs.put_cluster_capacity_providers(cluster="registry", capacityProviders=[], defaultCapacityProviderStrategy=[])
    deleted = ecs.delete_capacity_provider(capacityProvider="registry")["capacityProvider"]
    assert (deleted["status"], deleted["updateStatus"]) == ("ACTIVE", "DELETE_FAILED")
    ecs.delete_service(cluster="registry", service="registry", force=True)
    ecs.put_cluster_capacity_providers(cluster="registry", capacityProviders=[], defaultCapacityProviderStrategy=[])
    ecs.delete_capacity_provider(capacityProvider="registry")
    assert ecs.describe_capacity_providers(capacityProviders=["registry"])["capacityProviders"] == []


def test_cluster_with_services_or_instances_is_not_deleted(aws: Clients) -> None:
    ecs, autoscaling = aws("ecs"), aws("autoscaling")
    ecs.create_cluster(clusterName="registry")
    _create_service(aws)
    create_auto_scaling_group(aws, user_data="echo ECS_CLUSTER=registry >> /etc/ecs/ecs.config")
    with pytest.raises(ClientError, match="ClusterContainsServicesException"):
        ecs.delete_cluster(cluster="registry")
    ecs.delete_service(cluster="registry", service="registry", force=True)
    with pytest.raises(ClientError, match="ClusterContainsContainerInstancesException"):
        ecs.delete_cluster(cluster="registry")
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="registry", ForceDelete=True)
    ecs.delete_cluster(cluster="registry")


def _create_capacity_provider(aws: Clients, name: str) -> None:
    group = {"autoScalingGroupArn": "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:1:test"}
    aws("ecs").create_capacity_provider(name=name, autoScalingGroupProvider=group)


def _create_service(aws: Clients, target_group: str | None = None) -> None:
    container = {"name": "registry", "image": "registry:2", "memory": 64}
    aws("ecs").register_task_definition(family="registry", containerDefinitions=[container])
    targets = [{"targetGroupArn": target_group, "containerName": "registry", "containerPort": 443}]
    aws("ecs").create_service(
        cluster="registry",
        serviceName="registry",
        taskDefinition="registry",
        desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": "registry"}],
        loadBalancers=targets if target_group else [],
    )
