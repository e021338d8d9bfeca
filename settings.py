"""The stack's configuration, and the only reader of `pulumi.Config`."""

import dataclasses
import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timezone
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime_config

from components import ExistingNetwork, InvalidInput, PrivateRegistryArgs, Problem
from components.checks.arguments import problems as args_problems
from components.checks.pem import expiry_problems
from components.options import Option, options_of
from components.problems import CONFIG, OPTIONS, audience, unknown_option

_OPTIONS_BY_KEY = {option.key: option for option in OPTIONS.values()}
_EMPTY = ("", "{}")  # Pulumi.yaml's defaults of options without a default: Pulumi requires a value of every key


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
    return parse(values, secret_keys=secret_keys, region=aws.get_region().region, now=datetime.now(timezone.utc))


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
        if values.get(key, "") in _EMPTY:
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
    if option.value_type is ExistingNetwork:
        return _existing_network(text)
    return _PARSERS[option.kind.name](text)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _string_list(text: str) -> list[str]:
    return _strings(json.loads(text))


def _strings(parsed: Any) -> list[str]:
    if not isinstance(parsed, list) or not all(isinstance(item, str) for item in parsed):
        raise ValueError
    return parsed


def _string_map(text: str) -> dict[str, str]:
    parsed = json.loads(text)
    if not isinstance(parsed, dict) or not all(isinstance(item, str) for item in parsed.values()):
        raise ValueError
    return parsed


def _existing_network(text: str) -> ExistingNetwork:
    parsed = json.loads(text)
    names = {option.key: option.name for option in options_of(ExistingNetwork).values()}
    if not isinstance(parsed, dict) or not parsed.keys() <= names.keys() or not isinstance(parsed.get("vpcId"), str):
        raise ValueError
    vpc_id = parsed.pop("vpcId")
    return ExistingNetwork(vpc_id=vpc_id, **{names[key]: _strings(value) for key, value in parsed.items()})


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    **{"string": str, "integer": int, "boolean": _boolean, "array": _string_list, "object": _string_map}
}


def _with_secrets(args: PrivateRegistryArgs) -> PrivateRegistryArgs:
    """Return the arguments with their secrets marked, so that Pulumi encrypts everything that they flow into."""
    given = {option.name: getattr(args, option.name) for option in OPTIONS.values() if option.secret}
    return dataclasses.replace(args, **{name: _secret(value) for name, value in given.items() if value is not None})


def _secret(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _secret(part) for key, part in value.items()}
    return pulumi.Output.secret(value)
