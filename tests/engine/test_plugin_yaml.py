"""The YAML example. It needs the language host for YAML, which comes with the Pulumi CLI."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.commands import encrypted_state, run
from tests.engine.inventory import inventory
from tests.engine.stacks import ROOT

pytestmark = pytest.mark.skipif(
    shutil.which("pulumi-language-yaml") is None, reason="pulumi-language-yaml is not on the PATH"
)
_PASSWORD = "kettle harbour ginger saddle owl"


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path, empty_account: set[str]) -> auto.Stack:
    """The deployed stack of the example."""
    stack = engine.create_stack(_copy(folder / "yaml"), "dev", api, folder / "dev")
    stack.set_config("ciPassword", auto.ConfigValue(_PASSWORD, secret=True))
    run(stack.preview)
    run(stack.up)
    return stack


def _copy(folder: Path) -> Path:
    """Copy the example, with a value for the key that has no default."""
    shutil.copytree(ROOT / "examples" / "yaml", folder)
    project, config = folder / "Pulumi.yaml", folder / "Pulumi.dev.yaml"
    project.write_text(project.read_text().replace("../../plugin", str(ROOT / "plugin")))
    config.write_text(config.read_text() + "  yaml:ciPassword: not-set-yet\n")
    return folder


def test_stack_has_outputs(stack: auto.Stack) -> None:
    assert stack.outputs()["bucket"].value.startswith("images-images-")


def test_state_has_no_secret_in_clear_text(stack: auto.Stack) -> None:
    state = encrypted_state(stack)
    assert "ciphertext" in state
    assert _PASSWORD not in state


def test_second_preview_has_no_changes(stack: auto.Stack) -> None:
    assert run(stack.preview).changes == {}


def test_destroy_deletes_everything(stack: auto.Stack, aws: Callable[[str], Any], empty_account: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty_account
