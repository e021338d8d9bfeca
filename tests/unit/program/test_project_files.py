"""Pulumi.yaml and the stacks' files."""

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import PrivateRegistryArgs
from components.problems import OPTIONS
from sandbox.evaluation.project import stack_config
from sandbox.machine import programs
from settings import parse

FOLDER = Path(__file__).parents[3]
DECLARED: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "Pulumi.yaml").read_text())["config"]
OPTIONS_BY_KEY = {option.key: option for option in OPTIONS.values()}
NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)


def arguments(stack: str) -> PrivateRegistryArgs:
    prefix = "registry:"
    values = stack_config(FOLDER, stack).values
    own = {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}
    return parse(own, secret_keys=[], region=values["aws:region"], now=NOW)


def test_keys_are_the_options() -> None:
    assert list(DECLARED) == list(OPTIONS_BY_KEY)


@pytest.mark.parametrize("key", DECLARED)
def test_key_has_its_type_a_description_and_a_default(key: str) -> None:
    entry = DECLARED[key]
    assert entry["type"] == OPTIONS_BY_KEY[key].kind.name
    assert entry["description"].endswith(".")
    assert "default" in entry


@pytest.mark.parametrize("key", DECLARED)
def test_default_is_that_of_the_argument(key: str) -> None:
    default, declared = getattr(PrivateRegistryArgs(), OPTIONS_BY_KEY[key].name), DECLARED[key]["default"]
    expected = list(default) if isinstance(default, tuple) else default
    assert (declared or None) == (expected or None)


def test_dev_stack_costs_little_and_can_be_destroyed() -> None:
    expected = PrivateRegistryArgs(
        nat_gateways="none",
        force_destroy=True,
        deletes=True,
        tags={"environment": "dev"},
        allowed_cidrs=["0.0.0.0/0"],
    )
    assert arguments("dev") == expected


def test_prod_stack_survives_the_loss_of_a_zone_and_a_destroy() -> None:
    args = arguments("prod")
    assert (args.availability_zones, args.nat_gateways) == (3, "perZone")
    assert (args.deletion_protection, args.force_destroy, args.flow_logs) == (True, False, True)


def test_prod_stack_pins_the_release_that_the_sandbox_runs() -> None:
    release = programs.REGISTRIES[3].release
    assert re.fullmatch(rf"registry:{re.escape(release)}@sha256:[0-9a-f]{{64}}", arguments("prod").image)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_stack_file_has_no_defaults(stack: str) -> None:
    given = yaml.safe_load((FOLDER / f"Pulumi.{stack}.yaml").read_text())["config"]
    own = {key.removeprefix("registry:"): value for key, value in given.items() if key.startswith("registry:")}
    assert {key for key, value in own.items() if value == DECLARED[key]["default"]} == set()
