"""The wheel: its files, its requirements, and a program that uses it without the repository."""

import json
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import Distribution, PathDistribution, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import components

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]

# Evaluates an example, and prints the package's file and public names, the example's outputs, and the modules that were
# imported from the repository.
EVALUATE = """
import json, sys
from pathlib import Path
dependencies, tools, example = sys.argv[1:]
sys.path += [dependencies, tools]
import private_registry
import private_registry.testing
from sandbox.evaluation.project import evaluate_project
outputs = sorted(evaluate_project(Path(example), "dev").exports)
from_repository = [name for name in ("components", "settings", "tests") if name in sys.modules]
print(json.dumps([private_registry.__file__, private_registry.__all__, outputs, from_repository]))
"""


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site-packages of an environment in which only the wheel is installed."""
    folder = tmp_path_factory.mktemp("package")
    # Build isolation would download the build requirements; requirements-dev.txt contains them.
    subprocess.run(
        [*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT], check=True
    )
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    (found,) = (folder / "venv").glob("lib/python*/site-packages")
    return found


@pytest.fixture(scope="module")
def installed(site_packages: Path) -> Distribution:
    (info,) = site_packages.glob("*.dist-info")
    return PathDistribution(info)


def test_wheel_contains_only_the_package(site_packages: Path, installed: Distribution) -> None:
    assert {path.name for path in site_packages.iterdir()} == {
        "private_registry",
        "private_registry_login",
        f"private_registry-{installed.version}.dist-info",
    }
    assert _files(site_packages / "private_registry") == _files(ROOT / "components")
    assert _files(site_packages / "private_registry_login") == _files(ROOT / "private_registry_login")


def test_example_runs_with_the_wheel_and_without_the_repository(site_packages: Path, tmp_path: Path) -> None:
    (tmp_path / "sandbox").symlink_to(ROOT / "sandbox")
    # The dependencies are large: use those of this environment.
    dependencies = sysconfig.get_path("purelib")
    python = site_packages.parents[2] / "bin" / "python"
    completed = subprocess.run(
        [python, "-I", "-c", EVALUATE, dependencies, tmp_path, ROOT / "examples" / "embedded"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    file, names, outputs, from_repository = json.loads(completed.stdout)
    assert Path(file).parents[1] == site_packages
    assert names == components.__all__
    assert outputs == ["caCertificate", "passwords", "registry"]
    assert from_repository == []


def test_credential_helper_needs_botocore_and_no_pulumi(site_packages: Path) -> None:
    """A client's machine has the wheel without its dependencies, and botocore with its own."""
    assert _get(site_packages) == "botocore is missing; run: PYTHON -m pip install botocore"
    for name in ("botocore", "jmespath", "dateutil", "six.py", "urllib3"):
        (site_packages / name).symlink_to(Path(sysconfig.get_path("purelib")) / name)
    try:
        login = json.loads(_get(site_packages))
    finally:
        for link in filter(Path.is_symlink, site_packages.iterdir()):
            link.unlink()
    assert (login["ServerURL"], login["Username"], login["Secret"][:3]) == ("registry.example.com", "aws", "v1.")


def _get(site_packages: Path) -> str:
    """Ask the installed credential helper for a login, as Docker does, and return its stdout."""
    scripts = site_packages.parents[2] / "bin"
    identity = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "an-invented-secret"}
    completed = subprocess.run(
        [scripts / "docker-credential-private-registry", "get"],
        input="registry.example.com",
        env={**identity, "PRIVATE_REGISTRY_REGION": "us-west-2"},
        capture_output=True,
        text=True,
        check=False,
    )
    return completed.stdout.strip().replace(str(scripts / "python"), "PYTHON")


def test_login_extra_allows_the_tested_version(installed: Distribution) -> None:
    (botocore,) = [each for each in map(Requirement, installed.requires or []) if each.name == "botocore"]
    assert str(botocore.marker) == 'extra == "login"'
    assert botocore.specifier.contains(version("botocore"))


def test_wheel_requires_python_3_10(installed: Distribution) -> None:
    assert installed.metadata["Requires-Python"] == ">=3.10"


def test_requirements_allow_the_pinned_versions(installed: Distribution) -> None:
    required = map(Requirement, installed.requires or [])
    allowed = {each.name: each.specifier for each in required if each.marker is None}
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    pinned = {each.name: each.specifier for each in map(Requirement, filter(None, lines))}
    assert pinned.keys() == allowed.keys()
    for name, specifier in pinned.items():
        (pin,) = specifier
        assert (pin.operator, allowed[name].contains(pin.version)) == ("==", True), name


def _files(folder: Path) -> set[Path]:
    """The relative paths of all files below a folder, without compiled bytecode."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if path.suffix != ".pyc"}
