"""Pulumi.yaml and the stacks' files agree with what the program reads."""

import dataclasses
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import PrivateRegistryArgs
from sandbox.evaluation.project import stack_config
from settings import parse

FOLDER = Path(__file__).parents[3]
DECLARED: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "Pulumi.yaml").read_text())["config"]
FIELDS = {
    re.sub(r"_(\w)", lambda found: found[1].upper(), field.name): field
    for field in dataclasses.fields(PrivateRegistryArgs)
}
NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)
TYPES: dict[Any, str] = {int: "integer", bool: "boolean"}
OTHER_TYPES = {"users": "object", "network": "object", "tags": "object", "allowedCidrs": "array"}


def arguments(stack: str) -> PrivateRegistryArgs:
    prefix = "registry:"
    values = stack_config(FOLDER, stack).values
    own = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
    return parse(own, secret_keys=[], region=values["aws:region"], now=NOW)


def test_every_argument_is_a_key_and_every_key_an_argument() -> None:
    assert list(DECLARED) == list(FIELDS)


@pytest.mark.parametrize("key", DECLARED)
def test_every_key_has_its_type_a_description_and_a_default(key: str) -> None:
    entry = DECLARED[key]
    assert entry["type"] == (OTHER_TYPES.get(key) or TYPES.get(FIELDS[key].type, "string"))
    assert entry["description"].endswith(".")
    assert "default" in entry


@pytest.mark.parametrize("key", DECLARED)
def test_every_default_is_the_argument_s(key: str) -> None:
    default, declared = getattr(PrivateRegistryArgs(), FIELDS[key].name), DECLARED[key]["default"]
    expected = list(default) if isinstance(default, tuple) else default
    assert (declared or None) == (expected or None)


def test_the_dev_stack_is_cheap_and_can_be_destroyed() -> None:
    expected = PrivateRegistryArgs(
        nat_gateways="none", force_destroy=True, tags={"environment": "dev"}, allowed_cidrs=["0.0.0.0/0"]
    )
    assert arguments("dev") == expected


def test_the_prod_stack_survives_a_zone_and_a_mistake() -> None:
    args = arguments("prod")
    assert (args.availability_zones, args.nat_gateways, args.image) == (3, "perZone", "registry:3")
    assert (args.deletion_protection, args.force_destroy, args.flow_logs) == (True, False, True)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_s_file_holds_only_what_differs_from_the_defaults(stack: str) -> None:
    given = yaml.safe_load((FOLDER / f"Pulumi.{stack}.yaml").read_text())["config"]
    own = {key.removeprefix("registry:"): value for key, value in given.items() if key.startswith("registry:")}
    assert {key for key, value in own.items() if value == DECLARED[key]["default"]} == set()
