"""The YAML example, where there is a language host for YAML: the Pulumi CLI comes with one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine import sdks
from tests.engine.conftest import ROOT
from tests.engine.inventory import inventory
from tests.engine.steps import changed, exported, run

pytestmark = pytest.mark.skipif(
    shutil.which("pulumi-language-yaml") is None, reason="there is no pulumi-language-yaml on the PATH"
)
_PASSWORD = "what-ci-alone-knows"


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path, empty: set[str]) -> Iterator[auto.Stack]:
    """The example's stack, up."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in sdks.environment().items():
            patch.setenv(key, value)
        stack = engine.select(_copy(folder / "yaml"), "dev", api, folder / "dev")
        stack.set_config("ciPassword", auto.ConfigValue(_PASSWORD, secret=True))
        run(stack.preview)
        run(stack.up)
        yield stack


def _copy(folder: Path) -> Path:
    """The example, with a value for what has no default until it is set."""
    shutil.copytree(ROOT / "examples" / "yaml", folder)
    project, config = folder / "Pulumi.yaml", folder / "Pulumi.dev.yaml"
    project.write_text(project.read_text().replace("../../plugin", str(ROOT / "plugin")))
    config.write_text(config.read_text() + "  yaml:ciPassword: not-set-yet\n")
    return folder


def test_outputs_come_back(stack: auto.Stack) -> None:
    assert stack.outputs()["bucket"].value.startswith("images-images-")


def test_no_secret_is_in_the_state_in_clear(stack: auto.Stack) -> None:
    state = exported(stack)
    assert "ciphertext" in state
    assert _PASSWORD not in state


def test_second_preview_expects_no_change(stack: auto.Stack) -> None:
    assert changed(run(stack.preview)) == {}


def test_destroy_leaves_nothing(stack: auto.Stack, aws: Callable[[str], Any], empty: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty
