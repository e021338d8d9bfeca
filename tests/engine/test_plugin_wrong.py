"""Properties that cannot be used: one error lists all problems, with the names of the schema."""

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
from tests.engine.commands import run_failing
from tests.engine.stacks import PROGRAMS

_SECRET = "a-secret-of-the-program"
Refused = Callable[..., list[str]]


@pytest.fixture(scope="module")
def refused(api: AwsApi, folder: Path) -> Refused:
    """A function that previews properties, and returns the headings of the one error. The error shows no secret."""
    stack = engine.create_stack(PROGRAMS / "untyped", "test", api, folder / "test")

    def previewed(*, region: str = "", **config: Any) -> list[str]:
        values = {"region": region, **{key: json.dumps(config[key]) for key in config}}
        for key in ("properties", "secrets", "unknown", "region"):
            stack.set_config(key, auto.ConfigValue(values.get(key, "")))
        output = run_failing(stack.preview)
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
    assert refused(unknown=["domain", "users", "minSize"], secrets={"tags": {"team": _SECRET}}) == [
        "domain: is not known yet, but decides which resources exist",
        "users: is not known yet, but decides which resources exist",
        "minSize: is not known yet, but decides which resources exist",
        "tags: is a secret, and would be shown",
    ]


def test_secrets_are_checked_before_any_resource_is_created(refused: Refused) -> None:
    headings = refused(secrets={"users": {"alice": _SECRET * 4}, "htpasswd": _SECRET, "imgae": _SECRET})
    assert [heading.partition(" (")[0] for heading in headings] == [
        "imgae: is unknown; did you mean image?",
        "users: is set together with `htpasswd`",
        "users: the password of 'alice'",
        "htpasswd: line 1",
    ]


def test_region_is_that_of_the_provider(refused: Refused) -> None:
    [heading] = refused(properties={}, region="il-central-1")
    assert heading.startswith("image: 'registry:2' does not know the region il-central-1")


def test_problem_that_only_the_component_finds(refused: Refused) -> None:
    assert refused(properties={"availabilityZones": 6}) == ["availabilityZones: 6 is more than the region has"]
