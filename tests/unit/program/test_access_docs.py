"""What the documentation of `access` tells to type: rules, commands and pipelines."""

import json
import re
import shlex
from typing import Any

import pytest
import yaml

from components.token_service.rules import ACTIONS, repository_problem, who_problem
from private_registry_login.command_line import parser
from tests.unit.helpers import FOLDER

_PIPELINES = sorted((FOLDER / "examples" / "access" / "pipelines").glob("*.yml"))
_PAGES = [FOLDER / "README.md", FOLDER / "docs" / "access.md", *_PIPELINES]
_BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"private-registry [a-z-]+ [\w.$\"]+")


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language in docs/access.md and the README."""
    pages = (page.read_text() for page in _PAGES if page.suffix == ".md")
    return [content for page in pages for found, content in _BLOCK.findall(page) if found == language]


def rules() -> list[dict[str, Any]]:
    parsed = [yaml.safe_load(block) for block in blocks("yaml")]
    return [rule for each in parsed for rule in (each if isinstance(each, list) else each["config"]["registry:access"])]


def test_rules_are_accepted() -> None:
    assert len(rules()) > 10
    for rule in rules():
        problems = [who_problem(rule["who"]), *map(repository_problem, rule["repositories"])]
        assert (problems.count(None), set(rule["actions"]) - set(ACTIONS)) == (len(problems), set()), rule


def test_json_is_valid() -> None:
    assert [json.loads(block) for block in blocks("json")]


def test_commands_are_accepted() -> None:
    commands = [command for page in _PAGES for command in _COMMAND.findall(page.read_text())]
    assert len(commands) > 4
    for command in commands:
        parser().parse_args(shlex.split(command)[1:])


@pytest.mark.parametrize("file", _PIPELINES, ids=lambda file: file.stem)
def test_pipeline_stores_no_secret_and_a_recipe_has_its_role(file) -> None:
    text = file.read_text()
    assert yaml.safe_load(text)
    assert not re.search(r"secrets\.|password|docker login", text, re.IGNORECASE)
    (role,) = set(re.findall(r"arn:aws:iam::\S+", text))
    (image,) = set(re.findall(r"registry\.example\.com/([^:]+):", text))
    assert [rule["repositories"] for rule in rules() if rule["who"] == role] == [[image]]
