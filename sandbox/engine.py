"""A stack by `pulumi up`, with its own backend and the emulated AWS API."""

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

# The variables that set where a stack's state is, and how its secrets are encrypted.
_BACKEND = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE_FILE")


def up(project: Path, stack: str, api: AwsApi, folder: Path, *, notice: Callable[[str], None] = print) -> Declaration:
    """Run `pulumi up` for a stack, and read what it declares from its state.

    Args:
        project: the folder with Pulumi.yaml, Pulumi.<stack>.yaml and __main__.py; nothing is written to it.
        folder: for the files of the engine.
        notice: is called with a sentence about each config value that is left out.

    Raises:
        ProjectError: a file is missing.
        SandboxError: there is no `pulumi`, or it failed.
    """
    created = create_stack(project, stack, api, folder, notice=notice)
    errors: list[str] = []

    def collect(event: auto.EngineEvent) -> None:
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            errors.append(event.diagnostic_event.message.strip())

    try:
        created.up(on_event=collect, color="never")
    except auto.CommandError as error:
        raise SandboxError("\n".join(["pulumi up failed:", *(errors or [str(error)])])) from None
    return stack_state.declaration(created.export_stack().deployment)


def create_stack(
    project: Path,
    stack: str,
    api: AwsApi,
    folder: Path,
    *,
    backend_of: auto.Stack | None = None,
    passphrase: str = "",
    notice: Callable[[str], None] = print,
) -> auto.Stack:
    """Create a stack that has its state, and the passphrase for its secrets, in `folder`. See `up`.

    Args:
        backend_of: use the backend and the passphrase of this stack, so that stack references work.
        passphrase: that of a state to import. Default: a random one.

    Raises:
        ProjectError: a file is missing.
        SandboxError: there is no `pulumi`.
    """
    if shutil.which("pulumi") is None:
        raise SandboxError("pulumi is not on the PATH; to install it, see https://www.pulumi.com/docs/install/")
    config = stack_config(project, stack, notice)
    work, home = (folder / name for name in ("project", "home"))
    for new in (work, home):
        new.mkdir(parents=True)
    backend = backend_of.workspace.env_vars if backend_of else _create_backend(folder, passphrase)
    # The CLI writes to stack files, so it gets copies, beside a project file that points to the program.
    _write(work / "Pulumi.yaml", _project_settings(project))
    _write(work / f"Pulumi.{stack}.yaml", _stack_settings(project / f"Pulumi.{stack}.yaml", config.encrypted))
    return auto.create_stack(
        stack,
        work_dir=str(work),
        opts=auto.LocalWorkspaceOptions(
            pulumi_home=str(home),
            env_vars={**api.environment(config.region), **{name: backend[name] for name in _BACKEND}},
        ),
    )


def _create_backend(folder: Path, passphrase: str) -> dict[str, str]:
    # In a file, since printing the workspace prints its environment.
    backend, file = folder / "backend", folder / "passphrase"
    backend.mkdir()
    file.touch(mode=0o600)
    file.write_text(passphrase or secrets.token_urlsafe())
    return dict(zip(_BACKEND, (backend.as_uri(), str(file)), strict=True))


def _project_settings(project: Path) -> dict[str, Any]:
    """The program stays in its folder, and runs in this virtual environment. A program in YAML is in Pulumi.yaml."""
    settings = yaml.safe_load((project / "Pulumi.yaml").read_text())
    packages = {name: str((project / source).resolve()) for name, source in settings.get("packages", {}).items()}
    if settings["runtime"] == "yaml":
        return {**settings, "packages": packages}
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    return {**settings, "main": str(project.resolve()), "runtime": runtime, "packages": packages}


def _stack_settings(file: Path, encrypted: tuple[str, ...]) -> dict[str, Any]:
    config = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
    return {"config": {key: value for key, value in config.items() if key not in encrypted}}


def _write(file: Path, settings: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
