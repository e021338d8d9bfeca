"""Deletion protection of the load balancer: the preview refuses what would delete it. The tests build on each other."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from pulumi import automation as auto

from tests.engine.commands import run, run_failing
from tests.engine.configuring import configure, configured
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients, load_balancer
from tests.engine.stacks import ROOT, CreateStack

_INTERNAL = {"internal": "true"}


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    """A deployed stack with a protected load balancer."""
    stack = create_stack(ROOT, "dev")
    configure(stack, {"natGateways": "single", "deletionProtection": "true"})
    run(stack.up)
    return stack


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(_INTERNAL, id="protection stays on"),
        pytest.param(_INTERNAL | {"deletionProtection": "false"}, id="protection is turned off with it"),
    ],
)
def test_change_to_internal_is_refused_in_the_preview(stack: auto.Stack, config: Mapping[str, str]) -> None:
    with configured(stack, config):
        output = run_failing(stack.preview)
    assert "pulumi config set registry:deletionProtection false" in "".join(output.errors)


def test_destroy_is_refused_in_the_preview(stack: auto.Stack, aws: AwsClients) -> None:
    before = inventory(aws)

    with pytest.raises(auto.CommandError, match=r"registry-alb.*\s.*protected"):
        run(stack.destroy, preview_only=True)

    assert inventory(aws) == before


def test_change_to_internal_is_possible_without_protection(stack: auto.Stack, aws: AwsClients) -> None:
    configure(stack, {"deletionProtection": "false"})
    assert run(stack.up).changes == {"PrivateRegistry registry": "update", "LoadBalancer registry-alb": "update"}

    configure(stack, _INTERNAL | {"deletionProtection": "true"})
    assert run(stack.up).changes["LoadBalancer registry-alb"] == "replace"
    assert load_balancer(aws)["Scheme"] == "internal"
