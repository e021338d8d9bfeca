"""requirements-dev.txt, the lock file of the development environment."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parents[3]
LOCK_FILE = (FOLDER / "requirements-dev.txt").read_text()


def pin(requirement: str) -> str:
    """`moto==1` for `moto[server]==1`: the lock file lists what an extra requires, not the extra."""
    parsed = Requirement(requirement)
    return f"{canonicalize_name(parsed.name)}{parsed.specifier}"


def pins_of_input_file(name: str) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in (FOLDER / name).read_text().splitlines())
    return {pin(line) for line in lines if line and not line.startswith("-r ")}


def locked_pins(input_file: str) -> set[str]:
    """The pins that are in the lock file because of an input file, according to its `# via` comments."""
    entries = re.findall(r"^(\S+==\S+)(.*(?:\n .*)*)", LOCK_FILE, re.MULTILINE)
    via = re.compile(rf"# .*-r {re.escape(input_file)}$", re.MULTILINE)
    return {pin(requirement) for requirement, details in entries if via.search(details)}


@pytest.mark.parametrize("input_file", ["requirements.txt", "requirements-dev.in"])
def test_lock_file_is_current(input_file: str) -> None:
    assert locked_pins(input_file) == pins_of_input_file(input_file), "requirements-dev.txt is stale; run: make lock"


def test_lock_file_names_no_package_index() -> None:
    assert re.findall(r"\S+://\S+|--\S*(?:index|find-links)\S*", LOCK_FILE) == []
