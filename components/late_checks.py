"""Checks of Outputs, as soon as their values are known."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

import pulumi

from .args import AccessRule, ExistingNetwork, PrivateRegistryArgs
from .checks.arguments import problems
from .checks.types import type_problems
from .options import Option, has_output
from .problems import OPTIONS, InvalidInput, Problem, concealed, option_name

_Owner = TypeVar("_Owner", PrivateRegistryArgs, ExistingNetwork, AccessRule)
_Check = Callable[[PrivateRegistryArgs], list[Problem]]
# Returns an option's value with parts in the place of those that were not known.
_Whole = Callable[[Mapping[str, Any]], Any]

# The options that the check of an option compares it with. Its value waits for theirs.
_COMPARED: Mapping[str, Sequence[str]] = {
    "certificate": ("private_key", "certificate_chain", "domain"),
    "users": ("domain",),  # a password of its words is easy to guess
}


def without_coroutines(owner: _Owner) -> _Owner:
    """Return the arguments with Outputs in place of coroutines, which can be awaited only once."""

    def lifted(value: Any) -> Any:
        if isinstance(value, ExistingNetwork):
            return without_coroutines(value)
        if isinstance(value, AccessRule):
            return without_coroutines(value)
        if _has_rules(value):
            return [*map(lifted, value)]
        if isinstance(value, Awaitable):
            return pulumi.Output.from_input(cast("Awaitable[Any]", value))
        return value

    return replace(owner, **{name: lifted(value) for name, value in vars(owner).items()})


def _has_rules(value: object) -> bool:
    """Return whether a value is a list of rules, or a list that should be one."""
    items = cast("Sequence[object]", value) if isinstance(value, (list, tuple)) else ()
    return any(isinstance(item, AccessRule) for item in items)


def checked_later(args: PrivateRegistryArgs, region: str) -> PrivateRegistryArgs:
    """Return the arguments with Outputs that raise `InvalidInput` if their values cannot be used.

    All checks run again with each value that becomes known. They ignore Outputs, so what they find is due to it.

    Args:
        args: arguments in which the same checks found no problem.
        region: the region of the registry.
    """

    def check(known: PrivateRegistryArgs) -> list[Problem]:
        return [*type_problems(known)] or problems(known, region)

    return replace(args, **{name: _checked_value(option, args, check) for name, option in OPTIONS.items()})


def _checked_value(option: Option, args: PrivateRegistryArgs, check: _Check) -> Any:
    """Return an option's value with checks at the outermost places where its type allows Outputs."""
    value: Any = getattr(args, option.name)
    if option.takes_output:
        values = {name: getattr(args, name) for name in (option.name, *_COMPARED.get(option.name, ()))}
        if value is None or not has_output(list(values.values())):
            return value
        return _checked(values, {name: name for name in values}, lambda known: check(replace(args, **known)))

    def checked_part(name: str, part: Any, key: str, whole: _Whole) -> Any:
        def check_part(known: Mapping[str, Any]) -> list[Problem]:
            return check(replace(args, **{option.name: whole(known)}))

        return _checked({name: part}, {name: key}, check_part) if has_output(part) else part

    def checked_fields(owner: Any, key: str, whole: _Whole) -> Any:
        parts = cast("Mapping[str, Any]", vars(owner))
        checked = {name: checked_part(name, part, f"{key}.{name}", whole) for name, part in parts.items()}
        return replace(owner, **checked)

    def checked_item(place: int, item: Any) -> Any:
        def whole(known: Mapping[str, Any]) -> Any:
            return [*value[:place], replace(item, **known), *value[place + 1 :]]

        return checked_fields(item, f"{option.name}[{place}]", whole)

    if value is None:
        return None
    if option.parts:
        return checked_fields(value, option.name, lambda known: replace(value, **known))
    if option.item_type:
        return [checked_item(place, item) for place, item in enumerate(value)]
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {name: checked_part(name, part, option.name, lambda known: {**value, **known}) for name, part in items}
    return value


def _checked(
    values: Mapping[str, Any], keys: Mapping[str, str], check: Callable[[Mapping[str, Any]], list[Problem]]
) -> pulumi.Output[Any]:
    """Return the first value as an Output that raises `InvalidInput` if there are problems with the values.

    Args:
        values: the values by name.
        keys: the `Problem.key` of each value.
        check: finds the problems with values that are known.
    """
    outputs = {name: _as_output(value) for name, value in values.items()}

    async def checked(known: Mapping[str, Any]) -> Any:
        missing = [
            _missing(keys[name]) for name, value in values.items() if value is not None and known[name] in (None, [])
        ]
        if found := missing or check(known):
            secrets = [option_name(keys[name]) for name, output in outputs.items() if await output.is_secret()]
            raise InvalidInput(concealed(found, secrets))
        return known[next(iter(values))]

    return pulumi.Output.all(**outputs).apply(checked)


def _missing(key: str) -> Problem:
    return Problem(
        key=key,
        found="is an Output without a value (None or an empty list)",
        allowed="a value: an Output counts as set when the resources are declared",
        example={key: None},
    )


def _as_output(value: Any) -> pulumi.Output[Any]:
    """Return a value as one Output. `Output.from_input` looks for Outputs in lists and dicts only."""
    if isinstance(value, Mapping):
        return pulumi.Output.from_input(dict(cast("Mapping[str, Any]", value)))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return pulumi.Output.from_input(list(cast("Sequence[Any]", value)))
    return pulumi.Output.from_input(value)
