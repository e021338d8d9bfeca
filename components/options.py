"""How an argument class declares its options.

An option is a dataclass field. Its name, type and default are the field's own, its description is the docstring below
the field, and `option` adds the rest. In descriptions and messages, names of options are in backticks.
"""

import ast
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from itertools import pairwise
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin

import pulumi

_T = TypeVar("_T")


@dataclass(frozen=True)
class FileContent:
    """An example value: the content of a file."""

    path: str


@dataclass(frozen=True)
class Kind:
    """The type of a value in configuration and in a schema.

    Attributes:
        name: "string", "integer", "boolean", "array" or "object".
        text: the type in a message.
        example: a value.
    """

    name: str
    text: str
    example: Any


_STRING = Kind("string", "a string", "registry:3")
_INTEGER = Kind("integer", "an integer", 2)
_BOOLEAN = Kind("boolean", "true or false", True)
_ARRAY = Kind("array", "a list of strings", ["203.0.113.0/24"])
_OBJECT = Kind("object", "a map of strings", {"team": "platform"})
KINDS = {kind.name: kind for kind in (_STRING, _INTEGER, _BOOLEAN, _ARRAY, _OBJECT)}
_KINDS_BY_TYPE: Mapping[Any, Kind] = {
    **{str: _STRING, Literal: _STRING, int: _INTEGER, bool: _BOOLEAN},
    **{Sequence: _ARRAY, Mapping: _OBJECT},
}


@dataclass(frozen=True, kw_only=True)
class Option:
    """A field of an argument class.

    Attributes:
        name: the field's name, such as "min_size".
        declared_type: the field's type.
        value_type: the field's type without None, Awaitable and Output.
        kind: the same type in configuration and in a schema.
        default: the default, or `dataclasses.MISSING`.
        owner: the argument class.
        group: the heading in the reference.
        secret: whether the value is a secret.
        example: a value.
        choices: a description of each allowed value, if the type is a Literal.
    """

    name: str
    declared_type: Any
    value_type: Any
    kind: Kind
    default: Any
    owner: type
    group: str
    secret: bool
    example: Any
    choices: Mapping[str, str]

    @property
    def key(self) -> str:
        """The name in configuration and in the schema, such as "minSize"."""
        return camel_case(self.name)

    @property
    def takes_output(self) -> bool:
        """Whether the value can be an Output as a whole."""
        return takes_output(self.declared_type)

    @property
    def takes_outputs_inside(self) -> bool:
        """Whether the items of a list or the values of a map can be Outputs."""
        return any(map(takes_output, get_args(self.value_type)))

    @property
    def parts(self) -> dict[str, "Option"]:
        """The options of the type's fields, if the type is a dataclass."""
        return options_of(self.value_type) if is_dataclass(self.value_type) else {}

    @property
    def item_type(self) -> type | None:
        """The type of a list's items, if it is a dataclass."""
        items = get_args(self.value_type) if get_origin(self.value_type) is Sequence else ()
        return next(filter(is_dataclass, items), None)

    @property
    def allowed(self) -> str:
        """The values that can be read, for a message."""
        parts = options_of(self.item_type) if self.item_type else self.parts
        if not parts:
            return self.kind.text
        whole = "a list of maps of" if self.item_type else "a map of"
        return f"{whole} {', '.join(f'`{part.name}` ({part.kind.text})' for part in parts.values())}"

    @property
    def default_json(self) -> str:
        """The default as JSON. Empty if there is none."""
        return "" if self.default in (MISSING, None, (), {}) else json.dumps(self.default)

    @property
    def description(self) -> str:
        return attribute_docs(self.owner)[self.name]


def option(
    default: _T, *, group: str, secret: bool = False, example: Any = None, choices: Mapping[str, str] | None = None
) -> _T:
    """Declare a dataclass field as an option.

    Args:
        default: the default.
        group: the heading in the reference.
        secret: whether the value is a secret. The dataclass's repr leaves secrets and contents of files out.
        example: a value. Default: the default if it is not empty, else the kind's example.
        choices: a description of each allowed value, if the type is a Literal.
    """
    metadata = {"group": group, "secret": secret, "example": example, "choices": choices or {}}
    shown = not secret and not isinstance(example, FileContent)
    if isinstance(default, dict):
        factory: Any = default.copy
        return field(default_factory=factory, repr=shown, metadata=metadata)
    return field(default=default, repr=shown, metadata=metadata)


@cache
def options_of(owner: type) -> dict[str, Option]:
    """Return the options of an argument class by name, in the order of its fields."""
    return {each.name: _option(owner, each) for each in fields(owner)}


def _option(owner: type, declared: Field[Any]) -> Option:
    type_ = plain_type(declared.type)
    kind = _KINDS_BY_TYPE.get(get_origin(type_) or type_, _OBJECT)
    default = declared.default if declared.default_factory is MISSING else declared.default_factory()
    return Option(
        name=declared.name,
        declared_type=declared.type,
        value_type=type_,
        kind=kind,
        default=default,
        owner=owner,
        group=declared.metadata.get("group", ""),
        secret=declared.metadata.get("secret", False),
        example=declared.metadata.get("example") or default or kind.example,
        choices=declared.metadata.get("choices", {}),
    )


@cache
def attribute_docs(owner: type) -> dict[str, str]:
    """Return the docstrings below a class's annotated attributes, each in one line.

    They exist in the source only. Editors and Pulumi's analyzer (pulumi.provider.experimental) read them there too.
    """
    [definition] = ast.parse(inspect.getsource(owner)).body
    assert isinstance(definition, ast.ClassDef)
    docs: dict[str, str] = {}
    for attribute, below in pairwise(definition.body):
        match attribute, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docs[name] = " ".join(text.split())
            case _:
                pass
    return docs


def camel_case(text: str) -> str:
    """Spell Python names as configuration and schemas do: `minSize` for `min_size`."""
    first, *others = text.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


def spelled(text: str, spell: Callable[[str], str]) -> str:
    """Apply `spell` to everything in backticks."""
    parts = text.split("`")
    parts[1::2] = map(spell, parts[1::2])
    return "`".join(parts)


def plain_type(type_: Any) -> Any:
    """Return the first member of a union: `pulumi.Input[T]` and `T | None` both begin with T."""
    return get_args(type_)[0] if get_origin(type_) in (Union, UnionType) else type_


def takes_output(type_: Any) -> bool:
    """Return whether a declared type is a `pulumi.Input`."""
    return any(get_origin(member) is Awaitable for member in get_args(type_))  # Output is a forward reference in it


def is_output(value: object) -> bool:
    """Return whether a value is not plain, but an Output or another form of a `pulumi.Input`."""
    return isinstance(value, (pulumi.Output, Awaitable))


def has_output(value: object) -> bool:
    """Return whether a value is an Output, or a map or list with one."""
    if isinstance(value, Mapping):
        return any(map(has_output, cast("Mapping[Any, object]", value).values()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(map(has_output, cast("Sequence[object]", value)))
    return is_output(value)
