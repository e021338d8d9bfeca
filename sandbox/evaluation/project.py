"""A Pulumi project: its program and the config of its stacks, as the CLI reads them."""

from __future__ import annotations

import dataclasses
import json
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.monitor import State


class ProjectError(Exception):
    """The project's files do not describe a stack."""


@dataclass(frozen=True)
class StackConfig:
    """The config of a stack, as the engine passes it to the program.

    Attributes:
        project: the project's name, which is also the default namespace of keys.
        values: by key with namespace; numbers, booleans, lists and maps as JSON.
        encrypted: the keys of encrypted values. Only the stack's secrets provider can decrypt them, so they are left
            out.
    """

    project: str
    values: Mapping[str, str] = field(repr=False)
    encrypted: tuple[str, ...]

    @property
    def region(self) -> str:
        """The region of the default AWS provider."""
        return self.values.get("aws:region", "us-west-2")


def evaluate_project(
    folder: Path,
    stack: str,
    *,
    overrides: Mapping[str, str] | None = None,
    state: State | None = None,
    notice: Callable[[str], None] = print,
) -> Declaration:
    """Evaluate a stack of a project.

    Args:
        folder: the folder with Pulumi.yaml, Pulumi.<stack>.yaml and __main__.py.
        overrides: config values that replace the stack's, by key with namespace.
        state: see `evaluate`.
        notice: see `stack_config`.

    Raises:
        ProjectError: see `stack_config`.
        Exception: an error of `evaluate` or of the program.
    """
    config = stack_config(folder, stack, notice)
    config = dataclasses.replace(config, values={**config.values, **(overrides or {})})

    def program() -> None:
        runpy.run_path(str(folder), run_name="__main__")

    with _modules_unloaded(folder):
        return evaluate(
            program,
            project=config.project,
            stack=stack,
            config=config.values,
            region=config.region,
            state=state,
        )


def stack_config(folder: Path, stack: str, notice: Callable[[str], None] = print) -> StackConfig:
    """Read the config of a stack: the project's defaults, replaced by the stack's values.

    Args:
        folder: the folder with Pulumi.yaml and Pulumi.<stack>.yaml.
        notice: is called with a sentence about each value that is left out.

    Raises:
        ProjectError: a file or a required value is missing, or a file is not valid.
    """
    project_file, stack_file = folder / "Pulumi.yaml", folder / f"Pulumi.{stack}.yaml"
    if not project_file.is_file():
        raise ProjectError(f"{project_file} does not exist; run this in the folder of a Pulumi project")
    if not stack_file.is_file():
        stacks = sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml"))
        known = f"the stacks are {', '.join(stacks)}" if stacks else "the project has no stack file"
        raise ProjectError(f"there is no stack {stack!r}: {stack_file} does not exist; {known}")
    project = _load(project_file)
    name = project.get("name")
    if not isinstance(name, str) or not name:
        raise ProjectError(f"{project_file} has no name; add one, such as\n    name: registry")
    declared = {_full_key(name, key): entry for key, entry in _config(project_file, project).items()}
    given = {_full_key(name, key): value for key, value in _config(stack_file, _load(stack_file)).items()}
    encrypted = tuple(key for key, value in given.items() if isinstance(value, dict) and "secure" in value)
    for key in encrypted:
        notice(f"{key} is encrypted in {stack_file.name} and was left out: the sandbox cannot decrypt it")
    values = {key: default for key, entry in declared.items() if (default := _default(entry)) is not None}
    values |= {key: value for key, value in given.items() if key not in encrypted}
    if missing := declared.keys() - values.keys() - set(encrypted):
        raise ProjectError(
            f"stack {stack!r} lacks values without a default: {', '.join(sorted(missing))}; "
            f"add them to {stack_file.name} under config"
        )
    return StackConfig(name, {key: _as_text(value) for key, value in values.items()}, encrypted)


def _load(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ProjectError(f"{path}{line}: not valid YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path}: not valid YAML: {error}") from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}") from error
    return _mapping(content, str(path))


def _config(path: Path, content: Mapping[str, Any]) -> dict[str, Any]:
    return _mapping(content.get("config"), f"config in {path}")


def _mapping(content: Any, what: str) -> dict[str, Any]:
    """Check that YAML content is a mapping. Empty content is None."""
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ProjectError(f"{what} must be a mapping of names to values, such as\n    aws:region: us-west-2")
    return content


def _full_key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _default(entry: Any) -> Any:
    """A key's default. A key is declared by a map with its type, default or value, or by the value alone."""
    return entry.get("value", entry.get("default")) if isinstance(entry, dict) else entry


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@contextmanager
def _modules_unloaded(folder: Path) -> Iterator[None]:
    """Unload the program's modules at the end: the next project may have modules of the same names."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and folder.resolve() in Path(file).parents and "site-packages" not in file:
                del sys.modules[name]
