"""The longest chain of a deployment: the algorithm, and the chains of the stacks."""

from collections.abc import Mapping

import pytest

from bench.creation_times import creation_time
from bench.critical_path import Schedule, length, longest_chain, schedule
from sandbox.evaluation.declared import Declaration, Resource


def declaration(**dependencies: str) -> Declaration:
    """Resources by name, each with the names of what it depends on; those in capitals are components."""
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
    return [step.resource.name for step in longest_chain(steps)]


def test_nothing_takes_no_time() -> None:
    steps = scheduled({})
    assert (steps, longest_chain(steps), length(steps)) == ({}, [], 0)


def test_what_does_not_depend_on_each_other_is_made_at_once() -> None:
    steps = scheduled({"a": 3, "b": 5}, a="", b="")
    assert {name: (step.start, step.end) for name, step in steps.items()} == {"a": (0, 3), "b": (0, 5)}
    assert (names(steps), length(steps)) == (["b"], 5)


def test_a_resource_waits_for_the_last_of_its_dependencies() -> None:
    steps = scheduled({"a": 3, "b": 5, "c": 1}, a="", b="", c="a b")
    assert (steps["c"].start, steps["c"].after, names(steps), length(steps)) == (5, "b", ["b", "c"], 6)


def test_the_longest_chain_is_by_seconds_and_not_by_steps() -> None:
    steps = scheduled({"a": 1, "b": 1, "c": 1, "d": 9}, a="", b="a", c="b", d="a")
    assert (names(steps), length(steps)) == (["a", "d"], 10)


def test_the_order_of_registration_does_not_count() -> None:
    steps = scheduled({"a": 1, "b": 2, "c": 3}, c="b", b="a", a="")
    assert (names(steps), length(steps)) == (["a", "b", "c"], 6)


def test_components_take_no_time_and_what_is_elsewhere_is_there() -> None:
    steps = scheduled({"a": 2}, COMPONENT="", a="COMPONENT elsewhere")
    assert (steps["a"].start, length(steps)) == (0, 2)


def test_a_circle_is_refused() -> None:
    with pytest.raises(ValueError, match="depends on itself"):
        scheduled({"a": 1, "b": 1}, a="b", b="a")


# A step more in one of these, and each first `pulumi up` takes longer.
CHAINS = {
    "dev": ["Vpc", "Subnet", "RouteTableAssociation", "LoadBalancer", "Listener", "Service"],
    "prod": [
        *("Vpc", "Subnet", "RouteTableAssociation", "NatGateway", "Route"),
        *("Group", "CapacityProvider", "ClusterCapacityProviders", "Service"),
    ],
}


@pytest.mark.parametrize("stack", CHAINS)
def test_nothing_is_in_the_way_of_a_deployment(stacks: Mapping[str, Declaration], stack: str) -> None:
    chain = longest_chain(schedule(stacks[stack], lambda resource: creation_time(resource).typical))
    assert [step.kind for step in chain] == CHAINS[stack]


@pytest.mark.parametrize("stack", CHAINS)
def test_the_load_balancer_and_the_instances_are_made_side_by_side(
    stacks: Mapping[str, Declaration], stack: str
) -> None:
    steps = schedule(stacks[stack], lambda resource: creation_time(resource).typical)
    balancer = stacks[stack].one("aws:lb/loadBalancer:LoadBalancer")
    # Before it: the network's own parts, and the bucket that takes its logs.
    assert steps[balancer.urn].start < 20
