"""Projects with broken files: the error names the file and the problem."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.evaluation.project import ProjectError, stack_config

_PROJECT = "name: registry\nruntime: python\n"


@pytest.mark.parametrize(
    ("project", "stack", "problem"),
    [
        (_PROJECT, "config:\n  a: [\n", "Pulumi.dev.yaml, line 3: not valid YAML: "),
        (_PROJECT, "- a\n", "Pulumi.dev.yaml must be a mapping of names to values"),
        (_PROJECT, "config: [a]\n", "config in .*/Pulumi.dev.yaml must be a mapping"),
        (_PROJECT, "config:\n  1: a\n", "config in .*/Pulumi.dev.yaml must be a mapping"),
        ("runtime: python\n", "", "Pulumi.yaml has no name; add one"),
        ("name:\n", "", "Pulumi.yaml has no name; add one"),
        ("\x00", "", "Pulumi.yaml: not valid YAML: "),
    ],
)
def test_broken_file_is_named_with_its_problem(tmp_path: Path, project: str, stack: str, problem: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(project)
    (tmp_path / "Pulumi.dev.yaml").write_text(stack)
    with pytest.raises(ProjectError, match=problem) as error:
        stack_config(tmp_path, "dev")
    assert re.match(f"(config in )?{tmp_path}", str(error.value))


def test_empty_config_has_no_values(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(_PROJECT + "config:\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n")
    assert stack_config(tmp_path, "dev").values == {}


def test_missing_stack_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text(_PROJECT)
    with pytest.raises(ProjectError, match=r"there is no stack 'dev': .* the project has no stack file"):
        stack_config(tmp_path, "dev")
