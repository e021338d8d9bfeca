"""A registry whose arguments are Outputs, which are unknown in the first preview. The tests build on each other."""

from __future__ import annotations

import pytest
from passlib.apache import HtpasswdFile
from pulumi import automation as auto

from tests.engine.commands import encrypted_state, run, run_failing, stack_declaration
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients
from tests.engine.stacks import PROGRAMS, CreateStack

_PASSWORD = "lantern orbit velvet canyon drum"


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack, empty_account: set[str]) -> auto.Stack:
    """The stack, which is not deployed."""
    stack = create_stack(PROGRAMS / "inputs", "test")
    stack.set_config("users.alice", auto.ConfigValue(_PASSWORD, secret=True), path=True)
    return stack


def test_first_preview_works_with_unknown_values(stack: auto.Stack) -> None:
    changes = run(stack.preview).changes
    assert changes["PrivateRegistry images"] == changes["ManagedPrefixList images-clients"] == "create"
    assert set(changes.values()) == {"create"}


def test_values_reach_the_resources(stack: auto.Stack) -> None:
    run(stack.up)
    declaration = stack_declaration(stack)
    pet = declaration.one("random:index/randomPet:RandomPet").id
    balancer = declaration.one("aws:lb/loadBalancer:LoadBalancer").inputs
    entries = declaration.one("aws:ec2/managedPrefixList:ManagedPrefixList").inputs["entries"]
    assert declaration.exports["address"] == f"{pet}.example.com"
    assert balancer["tags"]["pet"] == pet
    assert set(balancer["subnets"]) == {subnet.id for subnet in declaration.all("aws:ec2/subnet:Subnet")}
    assert {entry["cidr"] for entry in entries} == {"203.0.113.0/24", "198.51.100.0/24"}
    htpasswd = declaration.one("aws:s3/bucketObjectv2:BucketObjectv2", "images-bootstrap-htpasswd").inputs["content"]
    assert HtpasswdFile.from_string(htpasswd).check_password("alice", _PASSWORD)


def test_state_has_no_password_in_clear_text(stack: auto.Stack) -> None:
    state = encrypted_state(stack)
    assert "images-bootstrap-htpasswd" in state
    assert _PASSWORD not in state


def test_second_preview_has_no_changes(stack: auto.Stack) -> None:
    assert run(stack.preview).changes == {}


def test_value_that_becomes_known_is_checked(stack: auto.Stack) -> None:
    stack.set_config("users.al:ice", auto.ConfigValue(_PASSWORD, secret=True), path=True)
    output = run_failing(stack.preview)
    [error] = [each for each in output.errors if "cannot be declared" in each]
    assert "users: the user name 'al:ice' cannot be used" in error
    assert "Traceback" not in output.text
    stack.remove_config("users.al:ice", path=True)


def test_destroy_deletes_everything(stack: auto.Stack, aws: AwsClients, empty_account: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty_account
