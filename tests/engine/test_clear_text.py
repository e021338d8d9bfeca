"""A password in clear text beside an encrypted one, which Pulumi presents as one secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pulumi import automation as auto

from tests.engine.commands import run, run_failing
from tests.engine.configuring import configure
from tests.engine.stacks import ROOT, CreateStack

_CLEAR = "lantern orbit velvet canyon drum"
_COMMAND = "pulumi config set --secret --path registry:users.bob"


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    """The dev stack, not deployed, with its program beside Pulumi.yaml and the stack's file, as in a clone."""
    stack = create_stack(ROOT, "dev")
    project = Path(stack.workspace.work_dir)
    settings = yaml.safe_load((project / "Pulumi.yaml").read_text())
    (project / "Pulumi.yaml").write_text(yaml.safe_dump({key: settings[key] for key in settings if key != "main"}))
    (project / "__main__.py").symlink_to(ROOT / "__main__.py")
    configure(stack, {"users.alice": "piston cobalt umbrella otter meadow"})
    return stack


def test_password_in_clear_text_is_refused_with_the_command_that_encrypts_it(stack: auto.Stack) -> None:
    stack.set_config("registry:users.bob", auto.ConfigValue(_CLEAR), path=True)
    output = run_failing(stack.preview)
    [error] = output.errors
    assert "registry:users: the value of 'bob' (a secret) is in clear text in the stack's file" in error
    assert f"example: {_COMMAND}\n" in f"{error.strip()}\n"
    assert _CLEAR not in output.text


def test_encrypted_password_is_accepted(stack: auto.Stack) -> None:
    configure(stack, {"users.bob": _CLEAR})  # runs the command
    assert "BucketObjectv2 registry-bootstrap-htpasswd" in run(stack.preview).changes
