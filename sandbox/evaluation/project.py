"""A Pulumi project's program and configuration, as the CLI would run it."""

from __future__ import annotations

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
    """The project's files do not describe a stack that can be evaluated."""


@dataclass(frozen=True)
class StackConfig:
    """A stack's configuration as the engine would hand it to the program.

    Attributes:
        project: the project's name, which is also the namespace of keys without one.
        values: by key with its namespace; numbers, booleans, lists and maps as JSON.
        left_out: the keys with an encrypted value, which only the stack's own secrets provider can read.
    """

    project: str
    values: Mapping[str, str] = field(repr=False)
    left_out: tuple[str, ...]


def evaluate_project(
    folder: Path,
    stack: str,
    *,
    overrides: Mapping[str, str] | None = None,
    state: State | None = None,
    notice: Callable[[str], None] = print,
) -> Declaration:
    """What the program in `folder` declares for a stack.

    Args:
        folder: holds Pulumi.yaml, Pulumi.<stack>.yaml and __main__.py.
        overrides: config values that replace the stack's, by key with its namespace.
        state: see `evaluate`.
        notice: is told in a sentence of what was left out.

    Raises:
        ProjectError: a file or a required value is missing.
        Exception: whatever `evaluate` and the program raise.
    """
    config = stack_config(folder, stack)
    for key in config.left_out:
        notice(f"{key} is encrypted in Pulumi.{stack}.yaml and was left out: the sandbox cannot read it")
    values = {**config.values, **(overrides or {})}

    def program() -> None:
        runpy.run_path(str(folder), run_name="__main__")

    with _no_modules_left(folder):
        return evaluate(
            program,
            project=config.project,
            stack=stack,
            config=values,
            region=values.get("aws:region", "us-west-2"),
            state=state,
        )


def stack_config(folder: Path, stack: str) -> StackConfig:
    """The project's defaults with the stack's values over them.

    Raises:
        ProjectError: see `evaluate_project`.
    """
    project_file, stack_file = folder / "Pulumi.yaml", folder / f"Pulumi.{stack}.yaml"
    if not project_file.is_file():
        raise ProjectError(f"{project_file} does not exist: the sandbox runs in a Pulumi project's folder")
    if not stack_file.is_file():
        stacks = sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml"))
        known = f"known: {', '.join(stacks)}" if stacks else "the folder has no stack's file"
        raise ProjectError(f"there is no stack {stack!r}: {stack_file} does not exist; {known}")
    project = _load(project_file)
    name = project.get("name")
    if not isinstance(name, str) or not name:
        raise ProjectError(f"{project_file} has no name; give it one, such as\n    name: registry")
    declared = {_full_key(name, key): entry for key, entry in _config(project_file, project).items()}
    given = {_full_key(name, key): value for key, value in _config(stack_file, _load(stack_file)).items()}
    left_out = tuple(key for key, value in given.items() if isinstance(value, dict) and "secure" in value)
    values = {key: default for key, entry in declared.items() if (default := _default(entry)) is not None}
    values |= {key: value for key, value in given.items() if key not in left_out}
    if missing := declared.keys() - values.keys() - set(left_out):
        raise ProjectError(f"stack {stack!r} lacks values without a default: {', '.join(sorted(missing))}")
    return StackConfig(name, {key: _as_text(value) for key, value in values.items()}, left_out)


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
    """A mapping; one that is empty is nothing at all in YAML."""
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise ProjectError(f"{what} must be a mapping of names to values, such as\n    aws:region: us-west-2")
    return content


def _full_key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _default(entry: Any) -> Any:
    """A key is declared by a map with its type, its default or its value, or by the value alone."""
    return entry.get("value", entry.get("default")) if isinstance(entry, dict) else entry


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


@contextmanager
def _no_modules_left(folder: Path) -> Iterator[None]:
    """The program's own modules are forgotten, so that the next project may have some of the same names."""
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and folder.resolve() in Path(file).parents and "site-packages" not in file:
                del sys.modules[name]
