"""Properties that cannot be used: one error that lists all that is wrong, as the program's language names it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine import sdks
from tests.engine.steps import Run, errors

_SECRET = "what-nobody-else-knows"
Refused = Callable[..., list[str]]


@pytest.fixture(scope="module")
def refused(api: AwsApi, folder: Path) -> Iterator[Refused]:
    """From properties to the headings of the one error that a preview ends in, which tells no secret."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in sdks.environment().items():
            patch.setenv(key, value)
        stack = engine.select(Path(__file__).parent / "programs" / "untyped", "test", api, folder / "test")

        def previewed(*, region: str = "", **config: Any) -> list[str]:
            values = {"region": region, **{key: json.dumps(config[key]) for key in config}}
            for key in ("properties", "secrets", "unknown", "region"):
                stack.set_config(key, auto.ConfigValue(values.get(key, "")))
            said = Run()
            with pytest.raises(auto.CommandError) as failure:
                stack.preview(on_output=said.output.append, on_event=said.events.append, color="never")
            assert _SECRET not in "\n".join([*said.output, str(failure.value)])
            [error] = [each for each in errors(said) if "PrivateRegistry resource 'images' has a problem" in each]
            assert "Traceback" not in error
            assert ".py" not in error
            return [line.strip() for line in error.splitlines() if re.match("  [^ ]", line)]

        yield previewed


def test_what_the_schema_does_not_have(refused: Refused) -> None:
    wrong = {"imgae": "registry:3", "minSize": "two", "users": ["alice"], "network": {"vpcid": "vpc-1"}}
    assert refused(properties=wrong) == [
        "imgae: is unknown",
        "users: ['alice'] cannot be read",
        "minSize: 'two' cannot be read",
        "network.vpcid: is unknown",
        "network.vpcId: is missing",
    ]


def test_what_no_registry_can_be_made_from_is_told_with_it(refused: Refused) -> None:
    wrong = {"minSize": 9, "vpcCidr": "8.8.0.0/16", "natGateways": "some", "imgae": ""}
    assert [heading.partition(": ")[0] for heading in refused(properties=wrong)] == [
        "imgae",
        "minSize, desiredCapacity, maxSize",
        "vpcCidr",
        "natGateways",
    ]


def test_what_decides_what_is_made_must_be_known_and_no_secret(refused: Refused) -> None:
    assert refused(unknown=["domain", "users", "minSize"], secrets={"tags": {"team": _SECRET}}) == [
        "domain: is not known yet, and decides what is made",
        "users: is not known yet, and decides what is made",
        "minSize: is not known yet, and decides what is made",
        "tags: is a secret, and would be shown",
    ]


def test_a_secret_is_checked_before_anything_is_made(refused: Refused) -> None:
    headings = refused(secrets={"users": {"alice": _SECRET * 4}, "htpasswd": _SECRET, "imgae": _SECRET})
    assert [heading.partition(" (")[0] for heading in headings] == [
        "imgae: is unknown",
        "users: is given together with htpasswd",
        "users: the password of 'alice'",
        "htpasswd: line 1",
    ]


def test_the_region_is_that_of_the_provider(refused: Refused) -> None:
    [heading] = refused(properties={}, region="il-central-1")
    assert heading.startswith("image: 'registry:2' does not know the region il-central-1")
