"""What a stack's file has in clear text. The program gets all values decrypted, and cannot tell which ones were."""

from collections.abc import Mapping
from typing import Any, cast

import yaml


def clear_parts(text: str, project: str, key: str) -> dict[str, Any]:
    """Return the parts of a map that are not encrypted in a stack's file.

    Pulumi treats a map as one secret as soon as one of its parts is encrypted.

    Args:
        text: the file. A file that is not YAML has no parts: the CLI refuses it.
        project: the project's name, which is the namespace of the program's keys and can be left out.
        key: the map's key, without namespace.
    """
    config = _part(_read(text), "config")
    value = _part(config, f"{project}:{key}") or _part(config, key)
    if _is_encrypted(value):
        return {}
    return {name: part for name, part in value.items() if not _is_encrypted(part)}


def _read(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _part(value: Any, key: str) -> Mapping[str, Any]:
    part = cast("Mapping[str, Any]", value).get(key) if isinstance(value, Mapping) else None
    return cast("Mapping[str, Any]", part) if isinstance(part, Mapping) else {}


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and [*cast("Mapping[str, Any]", value)] == ["secure"]
