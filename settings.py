"""The stack's configuration: the only reader of `pulumi.Config`.

`parse` is pure, and ends in arguments that can be used or in one error that lists all that is wrong.
"""

import dataclasses
import difflib
import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timezone
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.runtime import config as runtime_config

from components import ExistingNetwork, InvalidInput, PrivateRegistryArgs, Problem
from components.checks.arguments import problems as args_problems
from components.checks.pem import expiry_problems

_SECRETS = ("users", "htpasswd", "private_key", "upstream_password")


def load() -> PrivateRegistryArgs:
    """The arguments that the stack's configuration asks for.

    Raises:
        InvalidInput: it cannot be used. The error names the keys, and no secret's value.
    """
    prefix = f"{pulumi.get_project()}:"
    known = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    values = {key.removeprefix(prefix): value for key, value in known.items() if key.startswith(prefix)}
    secret_keys = {key for key in values if pulumi.runtime.is_config_secret(f"{prefix}{key}")}
    return parse(values, secret_keys=secret_keys, region=aws.get_region().region, now=datetime.now(timezone.utc))


def parse(
    values: Mapping[str, str], *, secret_keys: Collection[str], region: str, now: datetime
) -> PrivateRegistryArgs:
    """Arguments from config values as the engine hands them over.

    Args:
        values: by key without its namespace; numbers, booleans, lists and maps as JSON. An empty value is none.
        secret_keys: the keys whose values are encrypted in the stack's file.
        region: the AWS region.
        now: the time, aware, at which a certificate must be valid.

    Raises:
        InvalidInput: some of it cannot be used.
    """
    problems: list[Problem] = []
    parsed: dict[str, Any] = {}
    for key, field in _FIELDS.items():
        if values.get(key, "") in _EMPTY:
            continue
        name, kind = field.name, _kind(field)
        secret = name in _SECRETS or key in secret_keys
        if name in _SECRETS and key not in secret_keys:
            problems.append(_in_clear(key))
        try:
            parsed[name] = kind.parse(values[key])
        except ValueError:
            shown = "(a secret)" if secret else repr(values[key])
            problems.append(Problem(key=name, found=f"{shown} cannot be read", allowed=kind.what, example=kind.example))
    args = PrivateRegistryArgs(**parsed)
    problems += args_problems(args, region)
    if isinstance(args.certificate, str):
        problems += expiry_problems(args.certificate, now)
    unknown = [_unknown(key) for key in values if key not in _FIELDS]
    if unknown or problems:
        raise InvalidInput([*unknown, *map(_in_config_terms, problems)])
    return _sealed(args)


@dataclasses.dataclass(frozen=True)
class _Kind:
    what: str
    example: str
    parse: Callable[[str], Any]


def _text_list(text: str) -> list[str]:
    return _texts(json.loads(text))


def _texts(parsed: Any) -> list[str]:
    if not isinstance(parsed, list) or not all(isinstance(item, str) for item in parsed):
        raise ValueError
    return parsed


def _text_map(text: str) -> dict[str, str]:
    parsed = json.loads(text)
    if not isinstance(parsed, dict) or not all(isinstance(item, str) for item in parsed.values()):
        raise ValueError
    return parsed


def _existing_network(text: str) -> ExistingNetwork:
    parsed = json.loads(text)
    keys = {_config_key(field.name): field.name for field in dataclasses.fields(ExistingNetwork)}
    if not isinstance(parsed, dict) or not parsed.keys() <= keys.keys() or not isinstance(parsed.get("vpcId"), str):
        raise ValueError
    vpc_id = parsed.pop("vpcId")
    lists = {keys[key]: _texts(value) for key, value in parsed.items()}
    return ExistingNetwork(vpc_id=vpc_id, **lists)


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


_TEXT = _Kind("a text", "registry:3", str)
_KINDS_BY_TYPE: dict[Any, _Kind] = {
    int: _Kind("a whole number", "2", int),
    bool: _Kind("true or false", "true", _boolean),
}
_KINDS_BY_NAME = {
    "users": _Kind("a map of texts", "pulumi config set --secret --path 'registry:users.alice' PASSWORD", _text_map),
    "network": _Kind(
        "a map of vpcId, publicSubnetIds, privateSubnetIds and s3RouteTableIds, the first a text, the others lists",
        "pulumi config set --path 'registry:network.vpcId' vpc-0123456789abcdef0",
        _existing_network,
    ),
    "tags": _Kind("a map of texts", "pulumi config set --path 'registry:tags.team' platform", _text_map),
    "allowed_cidrs": _Kind(
        "a list of texts", "pulumi config set --path 'registry:allowedCidrs[0]' 203.0.113.0/24", _text_list
    ),
}


def _kind(field: dataclasses.Field[Any]) -> _Kind:
    return _KINDS_BY_NAME.get(field.name) or _KINDS_BY_TYPE.get(field.type, _TEXT)


def _config_key(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


_FIELDS = {_config_key(field.name): field for field in dataclasses.fields(PrivateRegistryArgs)}
_EMPTY = ("", "{}")  # the project's defaults for what has none: Pulumi requires every key that it declares


def _unknown(key: str) -> Problem:
    close = difflib.get_close_matches(key, _FIELDS, n=1)
    return Problem(
        key=f"registry:{key}",
        found="is unknown",
        allowed=", ".join(_FIELDS),
        example=f"pulumi config rm registry:{key}" + (f"  (did you mean {close[0]}?)" if close else ""),
    )


def _in_clear(key: str) -> Problem:
    return Problem(
        key=key,
        found="(a secret) is in clear in the stack's file",
        allowed="an encrypted value; remove this one first, and do not use what it says again",
        example=f"pulumi config rm registry:{key}; pulumi config set --secret registry:{key}",
    )


_FIELDS_OF_ALL = (*dataclasses.fields(PrivateRegistryArgs), *dataclasses.fields(ExistingNetwork))
_NAMES = re.compile(r"\b(" + "|".join(field.name for field in _FIELDS_OF_ALL if "_" in field.name) + r")\b")


def _in_config_terms(problem: Problem) -> Problem:
    """The components speak of their arguments: min_size. Who writes config knows registry:minSize."""

    def spell(text: str) -> str:
        return _NAMES.sub(lambda found: _config_key(found[0]), text)

    return Problem(
        key=f"registry:{spell(problem.key)}",
        found=spell(problem.found),
        allowed=spell(problem.allowed),
        example=spell(problem.example),
    )


def _sealed(args: PrivateRegistryArgs) -> PrivateRegistryArgs:
    """The same, its secrets marked, so that Pulumi encrypts them wherever they go."""
    seal = pulumi.Output.secret
    return dataclasses.replace(
        args,
        users=None if args.users is None else {name: seal(password) for name, password in args.users.items()},
        htpasswd=None if args.htpasswd is None else seal(args.htpasswd),
        private_key=None if args.private_key is None else seal(args.private_key),
        upstream_password=None if args.upstream_password is None else seal(args.upstream_password),
    )
