"""The stack's configuration, and the only reader of `pulumi.Config`."""

import dataclasses
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from typing import Any, TypeVar

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime_config

from components import ExistingNetwork, InvalidInput, PrivateRegistryArgs, Problem
from components.checks.arguments import problems as args_problems
from components.checks.pem import expiry_problems
from components.options import Option, options_of
from components.problems import CONFIG, OPTIONS, audience, unknown_option

_T = TypeVar("_T")
_LIST: type[list[Any]] = list
_MAP: type[dict[str, Any]] = dict
_OPTIONS_BY_KEY = {option.key: option for option in OPTIONS.values()}
# Pulumi.yaml's defaults of options without a default: Pulumi requires a value of every key.
_EMPTY = ("", "{}")
_EMPTY_LIST = "[]"


def load() -> PrivateRegistryArgs:
    """Return the arguments that the stack's configuration describes.

    From then on, problems with the input are reported in terms of the configuration.

    Raises:
        InvalidInput: the configuration cannot be used. The message contains no secret's value.
    """
    audience.set(CONFIG)
    prefix = f"{pulumi.get_project()}:"
    config = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    values = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    secret_keys = {key for key in values if pulumi.runtime.is_config_secret(f"{prefix}{key}")}
    region = values.get("region") or aws.get_region().region or ""
    return parse(values, secret_keys=secret_keys, region=region, now=datetime.now(timezone.utc))


def parse(
    values: Mapping[str, str], *, secret_keys: Collection[str], region: str, now: datetime
) -> PrivateRegistryArgs:
    """Return the arguments that config values describe.

    Args:
        values: the values by key, without namespace. All but strings are JSON. An empty value is not set.
        secret_keys: the keys whose values are encrypted in the stack's file.
        region: the AWS region.
        now: the time, with a time zone, at which the certificate must be valid.

    Raises:
        InvalidInput: the values cannot be used. The message lists all problems.
    """
    problems = [_unknown(key) for key in values if key not in _OPTIONS_BY_KEY]
    parsed: dict[str, Any] = {}
    for key, option in _OPTIONS_BY_KEY.items():
        if _is_empty(option, values.get(key, "")):
            continue
        if option.secret and key not in secret_keys:
            problems.append(_in_clear_text(option))
        try:
            parsed[option.name] = _parse(option, values[key])
        except ValueError:
            shown = "(a secret)" if option.secret or key in secret_keys else repr(values[key])
            problems.append(Problem(key=option.name, found=f"{shown} cannot be read", allowed=option.allowed))
    args = PrivateRegistryArgs(**parsed)
    problems += args_problems(args, region)
    if isinstance(args.certificate, str):
        problems += expiry_problems(args.certificate, now)
    if problems:
        raise InvalidInput(problems, CONFIG)
    return _with_secrets(args)


def _is_empty(option: Option, text: str) -> bool:
    is_list = option.kind.name == "array" and not option.default_json
    return text in _EMPTY or (is_list and text == _EMPTY_LIST)


def _unknown(key: str) -> Problem:
    return unknown_option(key, list(_OPTIONS_BY_KEY), example=f"pulumi config rm registry:{key}")


def _in_clear_text(option: Option) -> Problem:
    return Problem(
        key=option.name,
        found="(a secret) is in clear text in the stack's file",
        allowed="an encrypted value; remove this one first, and do not use it again",
        example=f"{CONFIG.removal(option.name)} && {CONFIG.setting(option.name, option.example)}",
    )


def _parse(option: Option, text: str) -> Any:
    """Return an option's value.

    Raises:
        ValueError: the text is not of the option's type.
    """
    match option.kind.name:
        case "string":
            return text
        case "integer":
            return int(text)
        case "boolean":
            return _boolean(text)
        case "array":
            return _strings(json.loads(text))
        case _:
            return (_existing_network if option.value_type is ExistingNetwork else _string_map)(json.loads(text))


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _strings(value: Any) -> list[str]:
    return [_checked(item, str) for item in _checked(value, _LIST)]


def _string_map(value: Any) -> dict[str, str]:
    return {key: _checked(item, str) for key, item in _checked(value, _MAP).items()}


def _existing_network(value: Any) -> ExistingNetwork:
    parts = _checked(value, _MAP)
    names = {option.key: option.name for option in options_of(ExistingNetwork).values()}
    if not parts.keys() <= names.keys():
        raise ValueError
    vpc_id = _checked(parts.pop("vpcId", None), str)
    return ExistingNetwork(vpc_id=vpc_id, **{names[key]: _strings(part) for key, part in parts.items()})


def _checked(value: Any, type_: type[_T]) -> _T:
    if not isinstance(value, type_):
        raise ValueError
    return value


def _with_secrets(args: PrivateRegistryArgs) -> PrivateRegistryArgs:
    """Return the arguments with their secrets marked, so that Pulumi encrypts everything that they flow into."""
    secret = pulumi.Output.secret
    marked: dict[str, Any] = {}
    for option in OPTIONS.values():
        value: Any = getattr(args, option.name)
        if option.secret and value is not None:
            is_map = option.kind.name == "object"
            marked[option.name] = {key: secret(part) for key, part in value.items()} if is_map else secret(value)
    return dataclasses.replace(args, **marked)
