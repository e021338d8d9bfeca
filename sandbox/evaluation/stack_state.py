"""A stack's state, as `pulumi stack export --show-secrets` tells it, read as a declaration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from sandbox.evaluation.declared import Declaration, Resource

_STACK = "pulumi:pulumi:Stack"


def declaration(deployment: Mapping[str, Any] | None) -> Declaration:
    """What the program registered, in the order in which the engine made it.

    Args:
        deployment: the export's "deployment"; None and an empty one are those of a stack with nothing in it.
    """
    stack, resources = {}, []
    for state in (deployment or {}).get("resources", ()):
        if state["type"] == _STACK:
            stack = state.get("outputs", {})
        elif not _is_default_provider(state):
            resources.append(_resource(state))
    return Declaration(tuple(resources), _plain(stack), _secret_keys(stack))


def _is_default_provider(state: Mapping[str, Any]) -> bool:
    """The engine makes these by itself."""
    return state["type"].startswith("pulumi:providers:") and _name(state).startswith("default")


def _name(state: Mapping[str, Any]) -> str:
    return state["urn"].rpartition("::")[2]


def _resource(state: Mapping[str, Any]) -> Resource:
    inputs, outputs = _as_registered(state.get("inputs", {})), state.get("outputs", {})
    dependencies = [state.get("dependencies"), *(state.get("propertyDependencies") or {}).values()]
    return Resource(
        urn=state["urn"],
        type=state["type"],
        name=_name(state),
        parent=state.get("parent", ""),
        inputs=_plain(inputs),
        outputs=_plain(outputs),
        id=state.get("id", ""),
        custom=state["custom"],
        secret_inputs=_secret_keys(inputs),
        secret_outputs=_secret_keys(outputs),
        dependencies=frozenset(urn for urns in dependencies for urn in urns or ()),
        provider=state.get("provider", ""),
        protect=state.get("protect", False),
        retain_on_delete=state.get("retainOnDelete", False),
        ignore_changes=tuple(state.get("ignoreChanges", ())),
    )


def _as_registered(value: Any) -> Any:
    """Without what the provider filled in, such as auto-names: it lists that under `__defaults`."""
    if isinstance(value, list):
        return [_as_registered(item) for item in value]
    if isinstance(value, dict):
        filled_in = {"__defaults", *value.get("__defaults", ())}
        return {key: _as_registered(item) for key, item in value.items() if key not in filled_in}
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        if _is_secret(value):
            return json.loads(value["plaintext"])
        return {key: _plain(item) for key, item in value.items()}
    return value


def _secret_keys(properties: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key for key, value in properties.items() if _holds_secret(value))


def _holds_secret(value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds_secret(item) for item in value)
    return isinstance(value, dict) and (_is_secret(value) or any(_holds_secret(item) for item in value.values()))


def _is_secret(value: Mapping[str, Any]) -> bool:
    return value.get(_special_sig_key) == _special_secret_sig
