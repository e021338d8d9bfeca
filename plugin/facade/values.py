"""Values as the engine hands them over, held against the schema: all that cannot be used is told at once."""

import difflib
import functools
import operator
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pulumi
from pulumi.output import Unknown
from pulumi.provider.experimental.analyzer import PropertyDefinition, PropertyType, TypeDefinition

from private_registry import Problem

_T = TypeVar("_T")
_ALLOWED = {
    PropertyType.STRING: ("a text", '"registry:3"'),
    PropertyType.INTEGER: ("a whole number", "2"),
    PropertyType.BOOLEAN: ("true or false", "true"),
    PropertyType.ARRAY: ("a list", '["203.0.113.0/24"]'),
    PropertyType.OBJECT: ("a map", '{"team": "platform"}'),
}
_MISSING = object()


@dataclass
class Reader:
    """Reads properties into Python's types, under Python's names.

    An Input of one value may be unknown or a secret, and stays the Output that it is. A map or a list that is one is
    read if its keys or its length are known. What is no Input must be known, and be no secret.

    Attributes:
        types: the schema's own types, by name.
        bare: whether Inputs that are known are read too, secrets among them: to check them, and for nothing else.
        problems: what was wrong so far.
    """

    types: Mapping[str, TypeDefinition]
    bare: bool = False
    problems: list[Problem] = field(default_factory=list)

    def read(
        self, values: Mapping[str, Any], definitions: Mapping[str, PropertyDefinition], names: Mapping[str, str]
    ) -> dict[str, Any]:
        """What can be read of values by the schema's names. `names` leads from these to Python's."""
        return self._properties(_Given(values), definitions, names, "")

    def _properties(
        self,
        given: "_Given",
        definitions: Mapping[str, PropertyDefinition],
        names: Mapping[str, str],
        prefix: str,
    ) -> dict[str, Any]:
        for name in sorted(given.value.keys() - definitions.keys()):
            self.problems.append(_unknown(prefix, name, definitions))
        read: dict[str, Any] = {}
        for name, definition in definitions.items():
            if given.value.get(name) is not None:
                part = self._property(given.part(name), definition, prefix + name)
            elif definition.optional:
                continue
            else:
                part = self._cannot(prefix + name, "is missing", definition)
            if part is not _MISSING:
                read[names[name]] = part
        return read

    def _property(self, given: "_Given", definition: PropertyDefinition, path: str) -> Any:
        kind = self._kind(definition)
        whole = kind in (PropertyType.ARRAY, PropertyType.OBJECT)
        if isinstance(given.value, Unknown):
            if whole or definition.plain:
                return self._cannot(path, "is not known yet, and decides what is made", definition)
            return given.as_input()
        if given.secret and definition.plain:
            return self._cannot(path, "is a secret, and would be shown", definition)
        if not _fits(given.value, kind):
            return self._cannot(path, f"{given.shown} cannot be read", definition)
        if not whole:
            return _plain(given.value, kind) if self.bare or definition.plain else given.as_input()
        if definition.ref:
            type_ = self._type(definition.ref)
            return self._properties(given, type_.properties, type_.properties_mapping, f"{path}.")
        part = definition.items or definition.additional_properties
        assert part is not None
        if kind is PropertyType.ARRAY:
            places = range(len(given.value))
            return [self._property(given.part(place), part, f"{path}[{place}]") for place in places]
        return {key: self._property(given.part(key), part, f"{path}.{key}") for key in given.value}

    def _cannot(self, path: str, found: str, definition: PropertyDefinition) -> Any:
        allowed, example = _ALLOWED[self._kind(definition)]
        if definition.plain:
            allowed += " that is known when the program runs, and no secret"
        self.problems.append(Problem(key=path, found=found, allowed=allowed, example=example))
        return _MISSING

    def _kind(self, definition: PropertyDefinition) -> PropertyType:
        return self._type(definition.ref).type if definition.ref else definition.type or PropertyType.STRING

    def _type(self, ref: str) -> TypeDefinition:
        return self.types[ref.rpartition(":")[2]]


class _Given:
    """A value, and the Output that it or a whole around it is in: from there come its secrecy and its dependencies."""

    def __init__(
        self, value: Any, output: pulumi.Output[Any] | None = None, place: tuple[Any, ...] = (), secret: bool = False
    ) -> None:
        if isinstance(value, pulumi.Output):
            output, place, secret = value, (), secret or _now(value.is_secret())
            known, value = _now(value.is_known()), _now(value.future(with_unknowns=True))
            if value is None and not known:
                value = Unknown()
        self.value: Any = value
        self.secret = secret
        self._output, self._place = output, place

    @property
    def shown(self) -> str:
        return "(a secret)" if self.secret else repr(self.value)

    def part(self, key: str | int) -> "_Given":
        return _Given(self.value[key], self._output, (*self._place, key), self.secret)

    def as_input(self) -> pulumi.Input[Any]:
        if self._output is None or not self._place:
            return self.value if self._output is None else self._output
        place = self._place
        return self._output.apply(lambda whole: functools.reduce(operator.getitem, place, whole))


def _now(coroutine: Coroutine[Any, Any, _T]) -> _T:
    """What is there already, as every value is that the engine hands over: so nothing has to be waited for."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise AssertionError("a value from the engine is not there yet")


def _fits(value: Any, kind: PropertyType) -> bool:
    if kind is PropertyType.INTEGER:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value)
    types = {PropertyType.BOOLEAN: bool, PropertyType.ARRAY: list, PropertyType.OBJECT: dict}
    return isinstance(value, types.get(kind, str))


def _plain(value: Any, kind: PropertyType) -> Any:
    return int(value) if kind is PropertyType.INTEGER else value  # the wire knows floats alone


def _unknown(prefix: str, name: str, known: Mapping[str, PropertyDefinition]) -> Problem:
    close = difflib.get_close_matches(name, known, n=1)
    return Problem(
        key=prefix + name,
        found="is unknown",
        allowed=", ".join(known),
        example=f"leave it out, or did you mean {close[0]}?" if close else "leave it out",
    )
