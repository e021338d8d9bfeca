"""Property values as Pulumi's engine and language hosts exchange them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key


def read(struct: struct_pb2.Struct) -> tuple[dict[str, Any], frozenset[str]]:
    """The plain values, and the names of the top-level properties that hold a secret anywhere inside."""
    raw = json_format.MessageToDict(struct)
    return {key: _plain(value) for key, value in raw.items()}, frozenset(key for key in raw if _is_secret(raw[key]))


def write(values: Mapping[str, Any], secret: Collection[str]) -> struct_pb2.Struct:
    """Values for the wire; those whose names are in `secret` are marked so that they stay secret."""
    struct = struct_pb2.Struct()
    for key, value in values.items():
        struct.update({key: {_special_sig_key: _special_secret_sig, "value": value} if key in secret else value})
    return struct


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.get(_special_sig_key) == _special_secret_sig:
            return _plain(value["value"])
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    # Every number comes as a floating-point one.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return value.get(_special_sig_key) == _special_secret_sig or any(_is_secret(item) for item in value.values())
    return isinstance(value, list) and any(_is_secret(item) for item in value)
