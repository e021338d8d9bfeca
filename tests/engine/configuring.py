"""Sets a stack's configuration with the CLI, which reads each value from stdin."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pulumi import automation as auto

from components.problems import OPTIONS

_SECRETS = tuple(option.key for option in OPTIONS.values() if option.secret)


def configure(stack: auto.Stack, values: Mapping[str, str]) -> None:
    """Set values by key without namespace, or by path such as users.alice or allowedCidrs[0]."""
    for key, value in values.items():
        secret = "--secret" if key.startswith(_SECRETS) else "--plaintext"
        command = ["pulumi", "config", "set", "--path", secret, f"registry:{key}", "--stack", stack.name]
        subprocess.run(
            command, input=value, text=True, check=True, cwd=stack.workspace.work_dir, env=environment(stack)
        )


@contextmanager
def configured(stack: auto.Stack, values: Mapping[str, str]) -> Iterator[None]:
    """Set values, and restore the configuration at the end."""
    file = stack_file(stack)
    before = file.read_text()
    try:
        configure(stack, values)
        yield
    finally:
        file.write_text(before)


def stack_file(stack: auto.Stack) -> Path:
    """Return the file with the stack's configuration."""
    return Path(stack.workspace.work_dir) / f"Pulumi.{stack.name}.yaml"


def environment(stack: auto.Stack) -> dict[str, str]:
    """Return the environment in which the CLI works on the stack."""
    workspace = stack.workspace
    return {**os.environ, **workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)}
