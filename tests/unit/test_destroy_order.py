"""What must be gone before what: destroying goes against the recorded dependencies."""

from itertools import pairwise

import pytest

from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import upstream

ORDER = (
    "aws:ecs/service:Service",
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "aws:ecs/capacityProvider:CapacityProvider",
    "aws:autoscaling/group:Group",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ecs/cluster:Cluster",
)


@pytest.mark.parametrize(("first", "then"), list(pairwise(ORDER)))
def test_the_first_is_destroyed_before_the_next(registry: Declaration, first: str, then: str) -> None:
    assert registry.one(then).urn in upstream(registry, registry.one(first))


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("aws:lb/listener:Listener", "images-https"),
        ("aws:iam/rolePolicy:RolePolicy", "images-execution-run"),
        ("aws:iam/rolePolicy:RolePolicy", "images-instance-images"),
        ("aws:ssm/parameter:Parameter", "images-http-secret"),
        ("aws:s3/bucketPolicy:BucketPolicy", "images-images"),
    ],
)
def test_the_service_goes_before_all_that_its_tasks_need(registry: Declaration, type_: str, name: str) -> None:
    assert registry.one(type_, name).urn in upstream(registry, registry.one(ORDER[0]))


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-htpasswd"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-domain.crt"),
        ("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-domain.key"),
        ("aws:ec2/route:Route", "images-private-us-west-2a"),
        ("aws:ec2/route:Route", "images-private-us-west-2b"),
        ("aws:ec2/routeTableAssociation:RouteTableAssociation", "images-private-us-west-2a"),
        ("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "images-instances-out"),
        ("aws:iam/rolePolicy:RolePolicy", "images-instance-launch"),
        ("aws:iam/rolePolicy:RolePolicy", "images-instance-bootstrap"),
    ],
)
def test_the_instances_boot_after_all_that_booting_takes(registry: Declaration, type_: str, name: str) -> None:
    assert registry.one(type_, name).urn in upstream(registry, registry.one("aws:autoscaling/group:Group"))


def test_logs_can_be_delivered_before_the_load_balancer_tries(registry: Declaration) -> None:
    policy = registry.one("aws:s3/bucketPolicy:BucketPolicy", "images-logs")
    assert policy.urn in upstream(registry, registry.one("aws:lb/loadBalancer:LoadBalancer"))


def test_nothing_waits_for_itself(registry: Declaration) -> None:
    assert [each.name for each in registry.resources if each.urn in upstream(registry, each)] == []
