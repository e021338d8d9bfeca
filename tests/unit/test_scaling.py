"""Replicas that follow the load: the scalable target, its policies, and what else a registry does for them."""

from dataclasses import replace

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies, container

TARGET, POLICY = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
SERVICE, TARGET_GROUP = "aws:ecs/service:Service", "aws:lb/targetGroup:TargetGroup"
ARGS = PrivateRegistryArgs(max_count=5, max_size=10, tags={"team": "platform"})


@pytest.fixture(scope="module")
def scaled(declare: Declare) -> Declaration:
    return declare(lambda: PrivateRegistry("images", ARGS))


def settings(declaration: Declaration, metric: str) -> dict[str, object]:
    """The settings of the policy that tracks a metric."""
    (found,) = [
        policy.inputs["targetTrackingScalingPolicyConfiguration"]
        for policy in declaration.all(POLICY)
        if metric in str(policy.inputs)
    ]
    return found


def test_replicas_of_the_service_scale_from_the_desired_to_the_maximum_count(scaled: Declaration) -> None:
    target = scaled.one(TARGET).inputs
    cluster = scaled.one("aws:ecs/cluster:Cluster").outputs["name"]
    assert target["resourceId"] == f"service/{cluster}/{scaled.one(SERVICE).outputs['name']}"
    assert (target["serviceNamespace"], target["scalableDimension"]) == ("ecs", "ecs:service:DesiredCount")
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 5)
    assert target["tags"] == {"team": "platform"}


def test_requests_are_those_of_the_load_balancer_and_its_target_group(scaled: Declaration) -> None:
    label = f"{scaled.one('aws:lb/loadBalancer:LoadBalancer').outputs['arnSuffix']}/"
    label += scaled.one(TARGET_GROUP).outputs["arnSuffix"]
    expected = {"predefinedMetricType": "ALBRequestCountPerTarget", "resourceLabel": label}
    assert settings(scaled, "ALBRequestCountPerTarget")["predefinedMetricSpecification"] == expected


def test_more_vcpus_serve_more_requests_at_the_same_cpu_utilization(declare: Declare, scaled: Declaration) -> None:
    larger = declare(lambda: PrivateRegistry("images", replace(ARGS, instance_type="m7g.xlarge")))
    requests, cpu = "ALBRequestCountPerTarget", "ECSServiceAverageCPUUtilization"
    values = [[settings(each, metric)["targetValue"] for metric in (requests, cpu)] for each in (scaled, larger)]
    assert values[1] == [2 * values[0][0], values[0][1]]  # type: ignore[operator]


def test_replica_reserves_a_whole_instance(declare: Declare, scaled: Declaration) -> None:
    """Otherwise more replicas would share the same instances. A t3.small has 2 vCPUs, an m7g.xlarge 4."""
    larger = declare(lambda: PrivateRegistry("images", replace(ARGS, instance_type="m7g.xlarge")))
    assert [container(each)["cpu"] for each in (scaled, larger)] == [2048, 4096]


def test_ecs_may_add_an_instance_for_each_replica_at_once(scaled: Declaration, registry: Declaration) -> None:
    providers = [each.one("aws:ecs/capacityProvider:CapacityProvider").inputs for each in (scaled, registry)]
    managed = [provider["autoScalingGroupProvider"]["managedScaling"] for provider in providers]
    assert [each["maximumScalingStepSize"] for each in managed] == [5, 2]


def test_pulumi_leaves_the_number_of_replicas_to_the_policies(scaled: Declaration, registry: Declaration) -> None:
    assert scaled.one(SERVICE).ignore_changes == ("desiredCount",)
    assert registry.one(SERVICE).ignore_changes == ()


def test_requests_have_longer_to_end_where_replicas_go_at_any_time(scaled: Declaration, registry: Declaration) -> None:
    assert [each.one(TARGET_GROUP).inputs["deregistrationDelay"] for each in (scaled, registry)] == [300, 120]


def test_policies_are_created_after_the_listener_and_deleted_before_the_service(scaled: Declaration) -> None:
    """AWS refuses the label of a target group without a load balancer."""
    needed = set[str]().union(*(all_dependencies(scaled, policy) for policy in scaled.all(POLICY)))
    assert {scaled.one(type_).urn for type_ in ("aws:lb/listener:Listener", SERVICE, TARGET)} <= needed


def test_fixed_number_of_replicas_has_no_scalable_target(registry: Declaration) -> None:
    assert registry.all(TARGET) + registry.all(POLICY) == []
    assert container(registry)["cpu"] == 0
