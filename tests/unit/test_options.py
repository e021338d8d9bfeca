"""The declaration of options."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass
from typing import Any, get_args

import pulumi
import pytest

from components import AccessRule, ExistingNetwork, PrivateRegistryArgs
from components.options import FileContent, attribute_docs, camel_case, option, options_of, spelled

ALL = [each for owner in (PrivateRegistryArgs, ExistingNetwork, AccessRule) for each in options_of(owner).values()]


@dataclass(frozen=True, kw_only=True)
class Part:
    required: pulumi.Input[str]
    """A part."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    text: pulumi.Input[str] | None = option(None, group="First", secret=True, example=FileContent("text"))
    """A description
    in two lines."""
    number: int = option(3, group="First")
    """A number."""
    items: Sequence[str] = option((), group="Second")
    """Items."""
    pairs: Mapping[str, str] = option({}, group="Second", example={"a": "b"})
    """Pairs."""
    part: Part | None = option(None, group="Second")
    """A part."""
    parts: Sequence[Part] = option((), group="Second")
    """Parts."""


OPTIONS = options_of(Arguments)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text", ("string", None, FileContent("text"), True, "A description in two lines.")),
        ("number", ("integer", 3, 3, False, "A number.")),
        ("items", ("array", (), ["203.0.113.0/24"], False, "Items.")),
        ("pairs", ("object", {}, {"a": "b"}, False, "Pairs.")),
        ("part", ("object", None, {"team": "platform"}, False, "A part.")),
    ],
)
def test_option_has_what_its_field_declares(name: str, expected: tuple[Any, ...]) -> None:
    declared = OPTIONS[name]
    assert (
        declared.kind.name,
        declared.default,
        declared.example,
        declared.secret,
        declared.description,
    ) == expected


def test_default_is_not_shared() -> None:
    assert Arguments().pairs is not Arguments().pairs


def test_repr_leaves_secrets_out() -> None:
    assert "text" not in repr(Arguments(text="secret"))


def test_parts_are_the_options_of_the_type() -> None:
    assert list(OPTIONS["part"].parts) == ["required"]
    assert OPTIONS["part"].allowed == "a map of `required` (a string)"
    assert OPTIONS["part"].parts["required"].default is MISSING


def test_items_can_have_parts() -> None:
    assert (OPTIONS["parts"].item_type, OPTIONS["items"].item_type) == (Part, None)
    assert OPTIONS["parts"].allowed == "a list of maps of `required` (a string)"


def test_camel_case_keeps_what_is_not_a_word() -> None:
    assert camel_case("s3_route_table_ids") == "s3RouteTableIds"
    assert camel_case("min_size, max_size") == "minSize, maxSize"
    assert camel_case("network.vpc_id") == "network.vpcId"


def test_only_names_in_backticks_are_spelled() -> None:
    assert spelled("min_size: `min_size` and `max_size`", camel_case) == "min_size: `minSize` and `maxSize`"


@pytest.mark.parametrize("declared", ALL, ids=lambda each: each.name)
def test_every_option_has_a_description(declared: Any) -> None:
    assert declared.description[0].isupper()
    assert declared.description.endswith(".")


@pytest.mark.parametrize("declared", ALL, ids=lambda each: each.name)
def test_descriptions_name_existing_options(declared: Any) -> None:
    named = declared.description.split("`")[1::2]
    assert [name for name in named if "_" in name and name not in {each.name for each in ALL}] == []


def test_every_choice_has_a_description() -> None:
    with_choices = [each for each in ALL if each.choices]
    assert with_choices
    assert [each.name for each in with_choices if tuple(each.choices) != get_args(each.value_type)] == []


def test_attribute_docs_need_a_docstring() -> None:
    assert attribute_docs(Part) == {"required": "A part."}
