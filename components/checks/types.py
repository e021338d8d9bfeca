"""Checks that values have the types that the options declare."""

from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, Literal, cast, get_args, get_origin

from ..args import PrivateRegistryArgs
from ..options import Option, is_output, options_of, plain_type, takes_output
from ..problems import Problem

_IS_OUTPUT = "is an Output, but the program needs the value before any resource exists"


def type_problems(args: PrivateRegistryArgs) -> Iterator[Problem]:
    """Find all values of other types than declared, such as an Output where only a plain value can be used."""
    for option in options_of(PrivateRegistryArgs).values():
        value = getattr(args, option.name)
        yield from _option_problems(option, value, option, option.name)
        if option.parts and isinstance(value, option.value_type):
            yield from _part_problems(value, option, option.name)
        if option.item_type and _fits(value, Sequence):
            for place, item in enumerate(cast("Sequence[object]", value)):
                if isinstance(item, option.item_type):
                    yield from _part_problems(item, option, f"{option.name}[{place}]")


def _part_problems(owner: object, whole: Option, key: str) -> Iterator[Problem]:
    for part in options_of(type(owner)).values():
        yield from _option_problems(part, getattr(owner, part.name), whole, f"{key}.{part.name}")


def _option_problems(option: Option, value: object, whole: Option, key: str) -> Iterator[Problem]:
    for misfit in _misfits(value, option.declared_type):
        plain = " that is no Output, for example from the stack's configuration" if misfit.endswith(_IS_OUTPUT) else ""
        yield Problem(key=key, found=misfit, allowed=option.allowed + plain, example={whole.name: whole.example})


def _misfits(value: object, type_: Any, place: str = "") -> Iterator[str]:
    plain = plain_type(type_)
    kind = get_origin(plain) or plain
    if is_output(value):
        if not takes_output(type_):
            yield place + _IS_OUTPUT
    elif value is None and NoneType in get_args(type_):
        return
    elif not _fits(value, kind):
        yield f"{place}is {'None' if value is None else f'of the type {type(value).__name__}'}"
    elif kind is Sequence:
        [part] = get_args(plain)
        for number, each in enumerate(cast("Sequence[object]", value)):
            yield from _misfits(each, part, f"{place}item {number} ")
    elif kind is Mapping:
        _, part = get_args(plain)
        for key, each in cast("Mapping[object, object]", value).items():
            yield from _misfits(key, str, f"{place}the key {key!r} ")
            yield from _misfits(each, part, f"{place}the value of {key!r} ")


def _fits(value: object, kind: Any) -> bool:
    if kind is Sequence:
        return isinstance(value, Sequence) and not isinstance(value, (str, bytes))
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str if kind is Literal else kind)
