"""Reads the engine's values by the schema, and finds all values that do not fit it."""

import functools
import json
import operator
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import pulumi
from pulumi.output import Unknown
from pulumi.provider.experimental.analyzer import PropertyDefinition, PropertyType, TypeDefinition

from private_registry import Problem, options, problems

_T = TypeVar("_T")
_MISSING = object()


@dataclass
class Reader:
    """Reads properties as Python values, by their Python names.

    The value of an Input may be unknown or secret, and stays an Output. Any other value must be known, and must not be
    secret.

    Attributes:
        types: the schema's types by name.
        unwrap: whether Outputs are replaced by their values if these are known, secret or not. This is for checks only.
        problems: the problems found so far.
        secrets: the names of the properties, at the top level, that contain a secret.
    """

    types: Mapping[str, TypeDefinition]
    unwrap: bool = False
    problems: list[Problem] = field(default_factory=list[Problem])
    secrets: set[str] = field(default_factory=set[str])

    def read(
        self, values: Mapping[str, Any], definitions: Mapping[str, PropertyDefinition], names: Mapping[str, str]
    ) -> dict[str, Any]:
        """Read what can be read.

        Args:
            values: the values by the schema's names.
            definitions: the properties by the schema's names.
            names: the Python names by the schema's names.
        """
        return self._properties(_Value(values), definitions, names, "")

    def _properties(
        self,
        whole: "_Value",
        definitions: Mapping[str, PropertyDefinition],
        names: Mapping[str, str],
        prefix: str,
    ) -> dict[str, Any]:
        for name in sorted(whole.value.keys() - definitions.keys()):
            self.problems.append(problems.unknown_option(prefix + name, list(definitions), example="leave it out"))
        read: dict[str, Any] = {}
        for name, definition in definitions.items():
            if whole.value.get(name) is not None:
                part = self._property(whole.part(name), definition, prefix + name)
            elif definition.optional:
                continue
            else:
                part = self._refuse(prefix + name, "is missing", definition)
            if part is not _MISSING:
                read[names[name]] = part
        return read

    def _property(self, given: "_Value", definition: PropertyDefinition, path: str) -> Any:
        if given.secret:
            self.secrets.add(path.partition(".")[0].partition("[")[0])
        kind = self._kind(definition)
        has_parts = kind in (PropertyType.ARRAY, PropertyType.OBJECT)
        if isinstance(given.value, Unknown):
            if definition.plain:
                return self._refuse(path, "is not known yet, but decides which resources exist", definition)
            return given.as_input()
        if given.secret and definition.plain:
            return self._refuse(path, "is a secret, and would be shown", definition)
        if not _fits(given.value, kind):
            return self._refuse(path, f"{given.shown} cannot be read", definition)
        if not has_parts:
            return _plain(given.value, kind) if self.unwrap or definition.plain else given.as_input()
        if definition.ref:
            type_ = self._type(definition.ref)
            return self._properties(given, type_.properties, type_.properties_mapping, f"{path}.")
        part = definition.items or definition.additional_properties
        assert part is not None
        if kind is PropertyType.ARRAY:
            places = range(len(given.value))
            return [self._property(given.part(place), part, f"{path}[{place}]") for place in places]
        return {key: self._property(given.part(key), part, f"{path}.{key}") for key in given.value}

    def _refuse(self, path: str, found: str, definition: PropertyDefinition) -> Any:
        kind = options.KINDS[self._kind(definition).value]
        allowed = f"{kind.text}, known when the program runs and not secret" if definition.plain else kind.text
        self.problems.append(
            Problem(key=path, found=found, allowed=allowed, example=json.dumps(kind.example), verbatim=True)
        )
        return _MISSING

    def _kind(self, definition: PropertyDefinition) -> PropertyType:
        return self._type(definition.ref).type if definition.ref else definition.type or PropertyType.STRING

    def _type(self, ref: str) -> TypeDefinition:
        return self.types[ref.rpartition(":")[2]]


class _Value:
    """A value, with the Output that contains it: the source of its secrecy and its dependencies.

    Attributes:
        value: the value, or Unknown.
        secret: whether it is a secret.
    """

    def __init__(
        self, value: Any, output: pulumi.Output[Any] | None = None, path: tuple[Any, ...] = (), secret: bool = False
    ) -> None:
        if isinstance(value, pulumi.Output):
            output = given = cast("pulumi.Output[Any]", value)
            path, secret = (), secret or _result(given.is_secret())
            value = _result(given.future(with_unknowns=True))
            if value is None and not _result(given.is_known()):
                value = Unknown()
        self.value: Any = value
        self.secret = secret
        self._output, self._path = output, path

    @property
    def shown(self) -> str:
        return "(a secret)" if self.secret else repr(self.value)

    def part(self, key: str | int) -> "_Value":
        return _Value(self.value[key], self._output, (*self._path, key), self.secret)

    def as_input(self) -> pulumi.Input[Any]:
        if self._output is None or not self._path:
            return self.value if self._output is None else self._output
        path = self._path
        return self._output.apply(lambda whole: functools.reduce(operator.getitem, path, whole))


def _result(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """Return a coroutine's result without waiting: values from the engine are complete."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise AssertionError("a value from the engine is incomplete")


def _fits(value: Any, kind: PropertyType) -> bool:
    if kind is PropertyType.INTEGER:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
    types = {PropertyType.BOOLEAN: bool, PropertyType.ARRAY: list, PropertyType.OBJECT: dict}
    return isinstance(value, types.get(kind, str))


def _plain(value: Any, kind: PropertyType) -> Any:
    return int(value) if kind is PropertyType.INTEGER else value  # the engine's protocol has only floats
