"""Helpers to evaluate a program and to inspect what it declares."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from components.pure.container import NAME
from components.pure.location import Location
from sandbox.ecs.agent import service_task
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.evaluation.monitor import State

FOLDER = Path(__file__).parents[2]
OREGON = Location(region="us-west-2")
BEIJING = Location(region="cn-north-1")
CODE_BLOCK = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)


class Declare(Protocol):
    """Evaluates a program. Assert on the declaration that it returns, never inside an `apply`."""

    def __call__(
        self, program: Callable[[], object], *, region: str = ..., state: State | None = ..., preview: bool = ...
    ) -> Declaration: ...


def all_dependencies(declaration: Declaration, resource: Resource) -> set[str]:
    """Return the URNs of a resource's direct and indirect dependencies."""
    by_urn = {each.urn: each for each in declaration.resources}
    found: set[str] = set()
    waiting = [resource.urn]
    while waiting:
        new = by_urn[waiting.pop()].dependencies - found
        found |= new
        waiting += new
    return found


def differences(values: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that differ from the expected ones, by key. Other keys are ignored."""
    return {key: values.get(key) for key in expected if values.get(key) != expected[key]}


def container(declaration: Declaration) -> dict[str, Any]:
    """Return the container definition of the service of a declaration with one service."""
    (definition,) = json.loads(service_task(declaration).inputs["containerDefinitions"])
    assert definition["name"] == NAME
    return definition


def environment(declaration: Declaration) -> dict[str, str]:
    """Return the container's environment variables, without its secrets."""
    return {item["name"]: item["value"] for item in container(declaration)["environment"]}


def boot_script(declaration: Declaration) -> str:
    """Return the launch template's user data, decoded."""
    template = declaration.one("aws:ec2/launchTemplate:LaunchTemplate")
    return base64.b64decode(template.inputs["userData"]).decode()


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub generates them."""
    headings = re.findall(r"^#+ +(.+)$", CODE_BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def written_files(script: str) -> dict[str, str]:
    """Return the files that a boot script writes, by path."""
    return dict(re.findall(r"^cat > (\S+) <<'END_OF_FILE'\n(.*?)^END_OF_FILE$", script, re.DOTALL | re.MULTILINE))
