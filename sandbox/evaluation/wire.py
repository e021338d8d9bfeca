"""Property values as Pulumi's engine writes them: to language hosts over gRPC, and to a stack's state."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key


def read(struct: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the plain values, and the names of the top-level properties that contain a secret at any depth."""
    raw = json_format.MessageToDict(struct)
    return plain(raw), secret_keys(raw)


def write(values: Mapping[str, Any], secret: Collection[str]) -> struct_pb2.Struct:
    """Make a message with values. Those whose names are in `secret` are marked as secrets."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        struct.update({key: {_special_sig_key: _special_secret_sig, "value": value} if key in secret else value})
    return struct


def plain(value: Any) -> Any:
    """Return a value with its secrets unwrapped."""
    if isinstance(value, dict):
        if _is_secret(value):
            # The state has secrets as JSON.
            return plain(value["value"] if "value" in value else json.loads(value["plaintext"]))
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    # Protobuf has only floating-point numbers.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def secret_keys(properties: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the properties that contain a secret at any depth."""
    return frozenset(key for key, value in properties.items() if _contains_secret(value))


def _contains_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return _is_secret(value) or any(_contains_secret(item) for item in value.values())
    return isinstance(value, list) and any(_contains_secret(item) for item in value)


def _is_secret(value: Mapping[str, Any]) -> bool:
    return value.get(_special_sig_key) == _special_secret_sig
