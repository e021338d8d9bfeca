"""The package's schema, made from the library's declarations.

Pulumi's analyzer reads types from annotations, but knows neither the defaults of dataclasses nor Literals. It reads
descriptions of properties from the source of a class, and classes made at run time have none, so they are added later.
"""

import inspect
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields, make_dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pulumi

import private_registry as library
from private_registry import options


def input_type(arguments: type) -> type:
    """Return an argument class as the analyzer reads it."""
    declared = options.options_of(arguments)
    annotations = [(field.name, _annotation(field.type, declared[field.name])) for field in fields(arguments)]
    return make_dataclass(arguments.__name__, annotations, namespace={"__doc__": inspect.getdoc(arguments)})


def output_type(owner: type, name: str, doc: str) -> type:
    """Return a dataclass as the analyzer reads it for an output, in which all properties are set."""
    return make_dataclass(name, [(field.name, field.type) for field in fields(owner)], namespace={"__doc__": doc})


def _annotation(type_: Any, option: options.Option) -> Any:
    if get_origin(option.value_type) is Literal:
        type_ = _enum(option)
    elif option.item_type:
        type_ = list[input_type(option.item_type)]
    elif any(get_origin(item) is Literal for item in get_args(option.value_type)):
        type_ = list[str]
    elif option.parts:
        type_ = input_type(option.value_type)
    elif option.secret:
        type_ = pulumi.Input[option.value_type]  # a map of secrets may itself be a secret
    return type_ if option.default is MISSING else type_ | None


def _enum(option: options.Option) -> Any:
    members = {re.sub("([A-Z])", r"_\1", value).upper(): value for value in get_args(option.value_type)}
    enum = Enum(_enum_name(option), members, type=str)
    enum.__doc__ = option.description
    return enum


def _enum_name(option: options.Option) -> str:
    return option.key[:1].upper() + option.key[1:]


def described(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Add the library's descriptions to the analyzer's schema."""
    arguments = options.options_of(library.PrivateRegistryArgs)
    types = {token.rpartition(":")[2]: definition for token, definition in schema["types"].items()}
    [registry] = schema["resources"].values()
    registry["description"] = inspect.cleandoc(registry["description"])
    _describe(registry["inputProperties"], {name: _description(option) for name, option in arguments.items()})
    _describe(registry["properties"], options.attribute_docs(library.RegistryOutputs))
    for name, owner in {
        "AccessRule": library.AccessRule,
        "ExistingNetwork": library.ExistingNetwork,
        "Network": library.ExistingNetwork,
        "RetentionRule": library.RetentionRule,
    }.items():
        _describe(types[name]["properties"], options.attribute_docs(owner))
    for option in arguments.values():
        if option.choices:
            for value in types[_enum_name(option)]["enum"]:
                value["description"] = option.choices[value["value"]]
    return schema


def _describe(properties: Mapping[str, Any], descriptions: Mapping[str, str]) -> None:
    for name, description in descriptions.items():
        properties[options.camel_case(name)]["description"] = options.spelled(description, options.camel_case)


def _description(option: options.Option) -> str:
    secrecy = " It is kept secret." if option.secret else ""
    default = f" Default: {option.default_json}." if option.default_json else ""
    return option.description + secrecy + default
