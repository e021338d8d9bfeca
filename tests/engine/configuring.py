"""A stack's configuration, as a person would set it: the CLI reads each value from stdin, which keeps it from argv."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pulumi import automation as auto

_SECRETS = ("users", "htpasswd", "privateKey", "upstreamPassword")


def configure(stack: auto.Stack, values: Mapping[str, str]) -> None:
    """Sets keys without their namespace, or paths into them such as users.alice and allowedCidrs[0]."""
    for key, value in values.items():
        secret = "--secret" if key.startswith(_SECRETS) else "--plaintext"
        command = ["pulumi", "config", "set", "--path", secret, f"registry:{key}", "--stack", stack.name]
        subprocess.run(
            command, input=value, text=True, check=True, cwd=stack.workspace.work_dir, env=environment(stack)
        )


@contextmanager
def configured(stack: auto.Stack, values: Mapping[str, str]) -> Iterator[None]:
    """The same, until the end."""
    file = Path(stack.workspace.work_dir) / f"Pulumi.{stack.name}.yaml"
    before = file.read_text()
    try:
        configure(stack, values)
        yield
    finally:
        file.write_text(before)


def environment(stack: auto.Stack) -> dict[str, str]:
    """What makes a CLI started by hand work on the stack."""
    workspace = stack.workspace
    return {**os.environ, **workspace.env_vars, "PULUMI_HOME": str(workspace.pulumi_home)}
