"""The wheel: what it brings, what it requires, and that a program runs with it and without this folder."""

import json
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import components

FOLDER = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]

# In a process of its own: where the package is, its public names, what an example exports, and what else it found here.
EVALUATE = """
import json, sys
from pathlib import Path
dependencies, tools, example = sys.argv[1:]
sys.path += [dependencies, tools]
import private_registry
from sandbox.evaluation.project import evaluate_project
made = evaluate_project(Path(example), "dev")
of_the_folder = [name for name in ("components", "settings", "tests") if name in sys.modules]
print(json.dumps([private_registry.__file__, private_registry.__all__, sorted(made.exports), of_the_folder]))
"""


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of an environment in which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("package")
    # Without isolation, which would download the build's requirements: requirements-dev.txt has them.
    subprocess.run(
        [*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, FOLDER], check=True
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


def test_it_brings_one_package_and_nothing_else(site_packages: Path, installed: Distribution) -> None:
    assert {path.name for path in site_packages.iterdir()} == {
        "private_registry",
        f"private_registry-{installed.version}.dist-info",
    }
    assert _files(site_packages / "private_registry") == _files(FOLDER / "components")


def test_an_example_runs_with_it_and_without_this_folder(site_packages: Path, tmp_path: Path) -> None:
    (tmp_path / "sandbox").symlink_to(FOLDER / "sandbox")
    # The dependencies are this environment's: they are large.
    dependencies = sysconfig.get_path("purelib")
    python = site_packages.parents[2] / "bin" / "python"
    ran = subprocess.run(
        [python, "-I", "-c", EVALUATE, dependencies, tmp_path, FOLDER / "examples" / "embedded"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    where, names, exports, of_the_folder = json.loads(ran.stdout)
    assert Path(where).parents[1] == site_packages
    assert names == components.__all__
    assert exports == ["caCertificate", "passwords", "registry"]
    assert of_the_folder == []


def test_it_says_on_which_pythons_it_runs(installed: Distribution) -> None:
    assert installed.metadata["Requires-Python"] == ">=3.10"


def test_the_pinned_versions_are_among_those_that_it_allows(installed: Distribution) -> None:
    allowed = {each.name: each.specifier for each in map(Requirement, installed.requires or [])}
    lines = (line.partition("#")[0].strip() for line in (FOLDER / "requirements.txt").read_text().splitlines())
    pinned = {each.name: each.specifier for each in map(Requirement, filter(None, lines))}
    assert pinned.keys() == allowed.keys()
    for name, specifier in pinned.items():
        (pin,) = specifier
        assert (pin.operator, allowed[name].contains(pin.version)) == ("==", True), name


def _files(folder: Path) -> set[Path]:
    """Every file below a folder, by its path there, without what Python compiled."""
    found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path for path in found if path.suffix != ".pyc"}
