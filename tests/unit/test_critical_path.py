"""The critical path of a deployment: how it is computed, and the paths of the stacks."""

from collections.abc import Mapping
from graphlib import CycleError

import pytest

from sandbox.evaluation.declared import Declaration, Resource
from tests.unit.creation_times import creation_time
from tests.unit.critical_path import Schedule, critical_path, length, schedule


def declaration(**dependencies: str) -> Declaration:
    """Declare resources by name, each with the names of its dependencies. Names in capitals are components."""
    return Declaration(
        tuple(
            Resource(
                urn=name,
                type=f"test:index:{name}",
                name=name,
                parent="",
                inputs={},
                outputs={},
                custom=name.islower(),
                dependencies=frozenset(names.split()),
            )
            for name, names in dependencies.items()
        ),
        {},
    )


def scheduled(seconds: Mapping[str, float], **dependencies: str) -> Schedule:
    return schedule(declaration(**dependencies), lambda resource: seconds[resource.name])


def names(steps: Schedule) -> list[str]:
    return [step.resource.name for step in critical_path(steps)]


def test_empty_declaration_takes_no_time() -> None:
    steps = scheduled({})
    assert (steps, critical_path(steps), length(steps)) == ({}, [], 0)


def test_independent_resources_are_created_in_parallel() -> None:
    steps = scheduled({"a": 3, "b": 5}, a="", b="")
    assert {name: (step.start, step.end) for name, step in steps.items()} == {"a": (0, 3), "b": (0, 5)}
    assert (names(steps), length(steps)) == (["b"], 5)


def test_resource_waits_for_its_last_dependency() -> None:
    steps = scheduled({"a": 3, "b": 5, "c": 1}, a="", b="", c="a b")
    assert (steps["c"].start, steps["c"].after, names(steps), length(steps)) == (5, "b", ["b", "c"], 6)


def test_critical_path_is_the_longest_in_seconds() -> None:
    steps = scheduled({"a": 1, "b": 1, "c": 1, "d": 9}, a="", b="a", c="b", d="a")
    assert (names(steps), length(steps)) == (["a", "d"], 10)


def test_order_of_registration_is_irrelevant() -> None:
    steps = scheduled({"a": 1, "b": 2, "c": 3}, c="b", b="a", a="")
    assert (names(steps), length(steps)) == (["a", "b", "c"], 6)


def test_components_and_unknown_dependencies_take_no_time() -> None:
    steps = scheduled({"a": 2}, COMPONENT="", a="COMPONENT elsewhere")
    assert (steps["a"].start, length(steps)) == (0, 2)


def test_cycle_is_refused() -> None:
    with pytest.raises(CycleError):
        scheduled({"a": 1, "b": 1}, a="b", b="a")


# One more step in a path prolongs every first `pulumi up`. The private subnets are created one after the other, since
# each one's zone depends on the zones before it, and the last public subnet after them.
CRITICAL_PATHS = {
    "dev": ["Vpc", *["Subnet"] * 3, "RouteTableAssociation", "LoadBalancer", "Listener", "Service"],
    "prod": [
        *("Vpc", *["Subnet"] * 4, "RouteTableAssociation", "NatGateway", "Route"),
        *("Group", "CapacityProvider", "ClusterCapacityProviders", "Service", "Target", "Policy"),
    ],
}


@pytest.mark.parametrize("stack", CRITICAL_PATHS)
def test_stack_has_no_other_step_on_its_critical_path(stacks: Mapping[str, Declaration], stack: str) -> None:
    path = critical_path(schedule(stacks[stack], lambda resource: creation_time(resource).typical))
    assert [step.kind for step in path] == CRITICAL_PATHS[stack]


@pytest.mark.parametrize("stack", CRITICAL_PATHS)
def test_load_balancer_does_not_wait_for_instances(stacks: Mapping[str, Declaration], stack: str) -> None:
    steps = schedule(stacks[stack], lambda resource: creation_time(resource).typical)
    balancer = stacks[stack].one("aws:lb/loadBalancer:LoadBalancer")
    # Before it: the VPC with its subnets and routes, and the bucket for its access logs.
    assert steps[balancer.urn].start < 20
