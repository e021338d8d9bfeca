"""The order of creation and deletion, which follows the dependencies."""

from itertools import pairwise

import pytest

from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import all_dependencies

ORDER = (
    "aws:ecs/service:Service",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:ecs/capacityProvider:CapacityProvider",
    "aws:autoscaling/group:Group",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ecs/cluster:Cluster",
)


@pytest.mark.parametrize(("first", "next_"), list(pairwise(ORDER)))
def test_destroy_order(registry: Declaration, first: str, next_: str) -> None:
    assert registry.one(next_).urn in all_dependencies(registry, registry.one(first))


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("aws:lb/listener:Listener", "images-https"),
        ("aws:iam/rolePolicy:RolePolicy", "images-execution-run"),
        ("aws:iam/rolePolicy:RolePolicy", "images-task-images"),
        ("aws:ssm/parameter:Parameter", "images-http-secret"),
        ("aws:s3/bucketPolicy:BucketPolicy", "images-images"),
    ],
)
def test_service_is_destroyed_before_what_its_tasks_need(registry: Declaration, type_: str, name: str) -> None:
    assert registry.one(type_, name).urn in all_dependencies(registry, registry.one(ORDER[0]))


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-htpasswd"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-domain.crt"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-domain.key"),
        ("aws:ec2/route:Route", "images-private-1"),
        ("aws:ec2/route:Route", "images-private-2"),
        ("aws:ec2/routeTableAssociation:RouteTableAssociation", "images-private-1"),
        ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "images-instances-out"),
        ("aws:iam/rolePolicy:RolePolicy", "images-instance-launch"),
        ("aws:iam/rolePolicy:RolePolicy", "images-instance-bootstrap"),
    ],
)
def test_instances_are_created_after_what_they_need_to_boot(registry: Declaration, type_: str, name: str) -> None:
    assert registry.one(type_, name).urn in all_dependencies(registry, registry.one("aws:autoscaling/group:Group"))


def test_load_balancer_is_created_after_the_logs_bucket_policy(registry: Declaration) -> None:
    policy = registry.one("aws:s3/bucketPolicy:BucketPolicy", "images-logs")
    assert policy.urn in all_dependencies(registry, registry.one("aws:lb/loadBalancer:LoadBalancer"))


def test_no_dependency_cycle(registry: Declaration) -> None:
    assert [each.name for each in registry.resources if each.urn in all_dependencies(registry, each)] == []
