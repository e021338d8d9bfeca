"""The examples, as a reader runs them; and the name that they import the library by."""

from collections.abc import Mapping
from pathlib import Path

import pytest

import components
import private_registry
from sandbox.declared import Declaration
from sandbox.project import evaluate_project

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/Pulumi.yaml"))


@pytest.fixture(scope="module")
def examples() -> Mapping[str, Declaration]:
    return {name: evaluate_project(EXAMPLES / name, "dev") for name in NAMES}


def test_the_library_has_the_same_public_names_under_both_of_its_names() -> None:
    ours = {name: getattr(components, name) for name in components.__all__}
    assert {name: getattr(private_registry, name) for name in components.__all__} == ours


@pytest.mark.parametrize("name", NAMES)
def test_an_example_declares_a_registry_and_tells_where_it_is(examples: Mapping[str, Declaration], name: str) -> None:
    declaration = examples[name]
    assert declaration.all("private-registry:index:PrivateRegistry")
    assert declaration.exports


@pytest.mark.parametrize("name", NAMES)
def test_an_example_s_generated_passwords_are_secret(examples: Mapping[str, Declaration], name: str) -> None:
    declaration = examples[name]
    assert {"passwords"} & declaration.exports.keys() <= declaration.secret_exports


@pytest.mark.parametrize("name", NAMES)
def test_an_example_installs_the_library_from_this_repository(name: str) -> None:
    lines = (EXAMPLES / name / "requirements.txt").read_text().splitlines()
    assert "../.." in lines


def test_the_company_s_provider_makes_everything_in_its_registry(examples: Mapping[str, Declaration]) -> None:
    declaration = examples["embedded"]
    company = declaration.one("pulumi:providers:aws")
    aws = [each for each in declaration.resources if each.type.startswith("aws:")]
    assert {each.provider.rpartition("::")[0] for each in aws} == {company.urn}
    assert company.inputs["region"] == "us-west-2"
