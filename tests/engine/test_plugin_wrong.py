"""Properties as a language without types passes them: one error lists all problems, with the names of the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.commands import run, run_failing
from tests.engine.stacks import PROGRAMS

_SECRET = "a-secret-of-the-program"
WithProperties = Callable[..., auto.Stack]
Refused = Callable[..., list[str]]


@pytest.fixture(scope="module")
def with_properties(api: AwsApi, folder: Path) -> WithProperties:
    """A function that sets the properties of the stack's registry."""
    stack = engine.create_stack(PROGRAMS / "untyped", "test", api, folder / "test")

    def configured(*, region: str = "", **config: Any) -> auto.Stack:
        values = {"region": region, **{key: json.dumps(config[key]) for key in config}}
        for key in ("properties", "secrets", "unknown", "region"):
            stack.set_config(key, auto.ConfigValue(values.get(key, "")))
        return stack

    return configured


@pytest.fixture(scope="module")
def refused(with_properties: WithProperties) -> Refused:
    """A function that previews properties, and returns the headings of the one error. The error shows no secret."""

    def previewed(**properties: Any) -> list[str]:
        output = run_failing(with_properties(**properties).preview)
        assert _SECRET not in output.text
        [error] = [each for each in output.errors if "PrivateRegistry resource 'images' has a problem" in each]
        assert "Traceback" not in error
        assert ".py" not in error
        assert "pulumi config" not in error
        return [line.strip() for line in error.splitlines() if re.match("  [^ ]", line)]

    return previewed


def test_properties_that_do_not_fit_the_schema(refused: Refused) -> None:
    wrong = {"imgae": "registry:3", "minSize": "two", "users": ["alice"], "network": {"vpcid": "vpc-1"}}
    assert refused(properties=wrong) == [
        "imgae: is unknown; did you mean image?",
        "users: ['alice'] cannot be read",
        "minSize: 'two' cannot be read",
        "network.vpcid: is unknown; did you mean vpcId?",
        "network.vpcId: is missing",
    ]


def test_values_that_the_library_refuses(refused: Refused) -> None:
    wrong = {"minSize": 9, "vpcCidr": "8.8.0.0/16", "natGateways": "some", "imgae": ""}
    assert [heading.partition(": ")[0] for heading in refused(properties=wrong)] == [
        "imgae",
        "minSize, desiredCapacity, maxSize",
        "vpcCidr",
        "natGateways",
    ]


def test_plain_values_must_be_known_and_not_secret(refused: Refused) -> None:
    assert refused(unknown=["image", "minSize"], secrets={"tags": {"team": _SECRET}}) == [
        "image: is not known yet, but decides which resources exist",
        "minSize: is not known yet, but decides which resources exist",
        "tags: is a secret, and would be shown",
    ]


def test_values_that_can_be_outputs_need_not_be_known(with_properties: WithProperties) -> None:
    stack = with_properties(unknown=["domain", "users", "allowedCidrs", "amiId", "upstream"])
    assert run(stack.preview).changes["ManagedPrefixList images-clients"] == "create"


def test_secrets_are_checked_before_any_resource_is_created(refused: Refused) -> None:
    headings = refused(secrets={"users": {"alice": _SECRET * 4}, "htpasswd": _SECRET, "imgae": _SECRET})
    assert [heading.partition(" (")[0] for heading in headings] == [
        "imgae: is unknown; did you mean image?",
        "users: is set together with `htpasswd`",
        "users: the password of 'alice'",
        "htpasswd: line 1",
    ]


def test_error_does_not_show_a_secret_of_any_property(refused: Refused) -> None:
    assert refused(secrets={"domain": _SECRET, "upstream": _SECRET}) == [
        "domain: (a secret) cannot be used",
        "upstream: (a secret) cannot be used",
    ]


def test_region_is_that_of_the_provider(refused: Refused) -> None:
    [heading] = refused(properties={}, region="il-central-1")
    assert heading.startswith("image: 'registry:2' does not know the region il-central-1")


def test_problem_that_only_the_component_finds(refused: Refused) -> None:
    assert refused(properties={"availabilityZones": 6}) == ["availabilityZones: 6 is more than the region has"]
