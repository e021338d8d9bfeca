"""The second door: `pulumi up` itself, with a backend of its own and the sandbox's AWS API."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from pulumi import automation as auto

from sandbox.aws.emulator import AwsApi
from sandbox.errors import SandboxError
from sandbox.evaluation import stack_state
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.project import stack_config

# What says where a stack's state is, and what its secrets are encrypted with.
_BACKEND = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE")


def up(project: Path, stack: str, api: AwsApi, folder: Path, *, notice: Callable[[str], None] = print) -> Declaration:
    """What the program in `project` declares for a stack, made in an AWS API.

    Args:
        project: holds Pulumi.yaml, Pulumi.<stack>.yaml and __main__.py; nothing is written there.
        folder: gets the engine's own files.
        notice: is told in a sentence of what was left out.

    Raises:
        ProjectError: a file is missing.
        SandboxError: there is no `pulumi`, or it failed.
    """
    selected = select(project, stack, api, folder, notice=notice)
    errors: list[str] = []

    def collect(event: auto.EngineEvent) -> None:
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message.strip())

    try:
        selected.up(on_event=collect, color="never")
    except auto.CommandError as error:
        raise SandboxError("\n".join(["pulumi up failed:", *(errors or [str(error)])])) from None
    return stack_state.declaration(selected.export_stack().deployment)


def select(
    project: Path,
    stack: str,
    api: AwsApi,
    folder: Path,
    *,
    beside: auto.Stack | None = None,
    notice: Callable[[str], None] = print,
) -> auto.Stack:
    """A new stack whose state, and the passphrase for the secrets in it, are in `folder`.

    Args:
        beside: another stack, whose backend and passphrase are used instead, so that the two may refer to each other.

    Raises: as `up`.
    """
    if shutil.which("pulumi") is None:
        raise SandboxError("there is no pulumi on the PATH; install it: https://www.pulumi.com/docs/install/")
    config = stack_config(project, stack)
    for key in config.left_out:
        notice(f"{key} is encrypted in Pulumi.{stack}.yaml and was left out: the sandbox cannot read it")
    work, home = (folder / name for name in ("project", "home"))
    for new in (work, home):
        new.mkdir(parents=True)
    backend = beside.workspace.env_vars if beside else _backend(folder)
    # The CLI writes into stack files: it gets copies, beside a project file that points to the program.
    _write(work / "Pulumi.yaml", _project_settings(project))
    _write(work / f"Pulumi.{stack}.yaml", _stack_settings(project / f"Pulumi.{stack}.yaml", config.left_out))
    return auto.create_stack(
        stack,
        work_dir=str(work),
        opts=auto.LocalWorkspaceOptions(
            pulumi_home=str(home),
            env_vars={
                **api.environment(config.values.get("aws:region", "us-west-2")),
                **{name: backend[name] for name in _BACKEND},
            },
        ),
    )


def _backend(folder: Path) -> dict[str, str]:
    backend, passphrase = folder / "backend", folder / "passphrase"
    backend.mkdir()
    passphrase.touch(mode=0o600)
    passphrase.write_text(secrets.token_urlsafe())
    # By a file, since whoever prints the workspace prints these.
    return dict(zip(_BACKEND, (backend.as_uri(), str(passphrase)), strict=True))


def _project_settings(project: Path) -> dict[str, Any]:
    """The program stays where it is, and runs in this process's virtual environment; one in YAML is in the settings."""
    settings = yaml.safe_load((project / "Pulumi.yaml").read_text())
    packages = {name: str((project / source).resolve()) for name, source in settings.get("packages", {}).items()}
    if settings["runtime"] == "yaml":
        return {**settings, "packages": packages}
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    return {**settings, "main": str(project.resolve()), "runtime": runtime, "packages": packages}


def _stack_settings(file: Path, left_out: tuple[str, ...]) -> dict[str, Any]:
    config = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
    return {"config": {key: value for key, value in config.items() if key not in left_out}}


def _write(file: Path, settings: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
