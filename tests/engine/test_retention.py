"""Retention rules of a deployed dev stack are applied, and removed. The tests build on each other."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import preview_drift, run
from tests.engine.configuring import configure, stack_file
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients
from tests.engine.stacks import ROOT, CreateStack, require_capable_plugin

_RULE = {"retention[0].repositories[0]": "*", "retention[0].keepNewest": "10"}


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    """A deployed registry without rules."""
    stack = create_stack(ROOT, "dev")
    before = stack_file(stack).read_text()
    configure(stack, _RULE)
    require_capable_plugin(stack)
    stack_file(stack).write_text(before)
    run(stack.up)
    return stack


@pytest.fixture(scope="module")
def before(stack: auto.Stack, aws: AwsClients) -> set[str]:
    """The resources without rules."""
    return inventory(aws)


@pytest.mark.usefixtures("before")
def test_application_of_the_rules_changes_the_function_and_its_policy(stack: auto.Stack) -> None:
    configure(stack, _RULE)
    run(stack.up)
    configure(stack, {"retentionApply": "true"})
    assert run(stack.up).changes == {
        "Function registry-retention": "update",
        "RolePolicy registry-retention-run": "update",
    }
    assert preview_drift(stack) == {}


def test_removed_rules_leave_nothing(stack: auto.Stack, before: set[str], aws: AwsClients) -> None:
    stack.remove_all_config(["registry:retention", "registry:retentionApply"])
    run(stack.up)
    assert inventory(aws) == before
