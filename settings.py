"""The stack's configuration, and the only reader of `pulumi.Config` and of the stack's file."""

import dataclasses
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime_config

from components import InvalidInput, PrivateRegistryArgs, Problem
from components.checks.arguments import problems as args_problems
from components.checks.pem import expiry_problems
from components.options import Option, options_of
from components.problems import CONFIG, OPTIONS, audience, concealed, unknown_option
from stack_file import clear_parts

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
    project = pulumi.get_project()
    prefix = f"{project}:"
    config = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    values = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    secret_keys = {key for key in values if pulumi.runtime.is_config_secret(f"{prefix}{key}")}
    region = values.get("region") or aws.get_region().region or ""
    stack_file = _stack_file()
    return parse(
        values,
        secret_keys=secret_keys,
        clear={key: clear_parts(stack_file, project, key) for key in secret_keys},
        region=region,
        now=datetime.now(timezone.utc),
    )


def parse(
    values: Mapping[str, str],
    *,
    secret_keys: Collection[str],
    region: str,
    now: datetime,
    clear: Mapping[str, Mapping[str, Any]] | None = None,
) -> PrivateRegistryArgs:
    """Return the arguments that config values describe.

    Args:
        values: the values by key, without namespace. All but strings are JSON. An empty value is not set.
        secret_keys: the keys whose values are encrypted in the stack's file, as a whole or in part.
        region: the AWS region.
        now: the time, with a time zone, at which the certificate must be valid.
        clear: the parts of each value that are not encrypted in the stack's file. Default: none.

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
        if key in secret_keys and not _can_be_secret(option):
            problems.append(_not_secret(option))
        try:
            parsed[option.name] = _parse(option, values[key])
        except ValueError:
            shown = "(a secret)" if option.secret or key in secret_keys else repr(values[key])
            problems.append(Problem(key=option.name, found=f"{shown} cannot be read", allowed=option.allowed))
    args = PrivateRegistryArgs(**parsed)
    secrets = [option.name for key, option in _OPTIONS_BY_KEY.items() if option.secret or key in secret_keys]
    found = args_problems(args, region)
    if isinstance(args.certificate, str):
        found += expiry_problems(args.certificate, now)
    for key, parts in (clear or {}).items():
        found += _parts_in_clear_text(_OPTIONS_BY_KEY.get(key), parsed, parts)
    if problems := [*problems, *concealed(found, secrets)]:
        raise InvalidInput(problems, CONFIG)
    return _with_secrets(args, secrets)


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


def _parts_in_clear_text(option: Option | None, parsed: Mapping[str, Any], parts: Mapping[str, Any]) -> list[Problem]:
    """Find the secrets in a map that are in clear text in the stack's file.

    A part with another value in the file is no problem: the CLI has read another file (`--config-file`).
    """
    if option is None or not option.secret:
        return []
    values = parsed.get(option.name, {})
    names = [name for name, part in parts.items() if values.get(name) == part]
    if not names:
        return []
    return [
        Problem(
            key=option.name,
            found=f"the value of {', '.join(map(repr, names))} (a secret) is in clear text in the stack's file",
            allowed="encrypted values; do not use one again that was in clear text",
            example={option.name: dict.fromkeys(names, "")},
        )
    ]


def _can_be_secret(option: Option) -> bool:
    """Return whether an option can be an Output, or its parts can, so that Pulumi encrypts what they flow into."""
    return option.takes_output or option.takes_outputs_inside or bool(option.parts)


def _not_secret(option: Option) -> Problem:
    return Problem(
        key=option.name,
        found="(a secret) is encrypted, but would be visible in the stack's state",
        allowed="a value in clear text",
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
            return _list(option, json.loads(text))
        case _:
            value = json.loads(text)
            return _with_parts(option.value_type, value) if option.parts else _string_map(value)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _list(option: Option, value: Any) -> list[Any]:
    if option.item_type is None:
        return _strings(value)
    return [_with_parts(option.item_type, item) for item in _checked(value, _LIST)]


def _strings(value: Any) -> list[str]:
    return [_checked(item, str) for item in _checked(value, _LIST)]


def _string_map(value: Any) -> dict[str, str]:
    return {key: _checked(item, str) for key, item in _checked(value, _MAP).items()}


def _with_parts(type_: type[_T], value: Any) -> _T:
    """Return a dataclass whose fields are strings, integers and lists of strings."""
    parts, options = _checked(value, _MAP), options_of(type_).values()
    required = {option.key for option in options if option.default is dataclasses.MISSING}
    if not required <= parts.keys() <= {option.key for option in options}:
        raise ValueError

    def read(option: Option) -> Any:
        part = parts[option.key]
        if option.kind.name == "array":
            return _strings(part)
        if isinstance(part, bool):  # which is an int in Python
            raise ValueError
        return _checked(part, int if option.kind.name == "integer" else str)

    return type_(**{option.name: read(option) for option in options if option.key in parts})


def _checked(value: Any, type_: type[_T]) -> _T:
    if not isinstance(value, type_):
        raise ValueError
    return value


def _with_secrets(args: PrivateRegistryArgs, names: Collection[str]) -> PrivateRegistryArgs:
    """Return the arguments with some options marked as secrets, so that Pulumi encrypts everything they flow into."""
    secrets = {name: _secret(OPTIONS[name], getattr(args, name)) for name in names}
    return dataclasses.replace(args, **secrets)


def _secret(option: Option, value: Any) -> Any:
    """Mark a value as a secret at the outermost places where its type allows Outputs. A default is none."""
    if value == option.default:
        return value
    if option.takes_output:
        return pulumi.Output.secret(value)
    if option.parts:
        parts = {name: _secret(part, getattr(value, name)) for name, part in option.parts.items()}
        return dataclasses.replace(value, **parts)
    return {key: pulumi.Output.secret(part) for key, part in value.items()}


def _stack_file() -> str:
    """Return the text of the stack's file, where the CLI looks for it. Empty if there is none.

    The program does not get the path of another file (`--config-file`, `stackConfigDir`).
    """
    folder = pulumi.get_root_directory() or "."  # older language hosts do not pass it
    file = Path(folder, f"Pulumi.{pulumi.get_stack()}.yaml")
    return file.read_text(encoding="utf-8") if file.is_file() else ""
