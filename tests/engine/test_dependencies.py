"""`depends_on` with a component on either side, from the first deployment to the destruction."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import CommandOutput, run
from tests.engine.stacks import PROGRAMS, CreateStack


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    return create_stack(PROGRAMS / "dependencies", "test")


def positions(output: CommandOutput) -> tuple[dict[str, int], dict[str, int]]:
    """The positions at which the step of each resource started and completed."""
    return (
        {step.resource: step.position for step in output.started_steps},
        {step.resource: step.position for step in output.completed_steps},
    )


def children(steps: dict[str, int]) -> list[int]:
    return [position for resource, position in steps.items() if resource.startswith("Bucket")]


def test_children_of_a_component_wait_for_its_dependencies(stack: auto.Stack) -> None:
    started, completed = positions(run(stack.up))
    assert len(children(started)) == 7
    assert completed["Parameter before"] < min(children(started))
    assert max(children(completed)) < started["Parameter after"]


def test_destroy_is_in_the_opposite_order(stack: auto.Stack) -> None:
    started, completed = positions(run(stack.destroy))
    assert len(children(started)) == 7
    assert completed["Parameter after"] < min(children(started))
    assert max(children(completed)) < started["Parameter before"]
