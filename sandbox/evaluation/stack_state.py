"""The declaration in a stack's state, which is the output of `pulumi stack export --show-secrets`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.evaluation import wire
from sandbox.evaluation.declared import STACK_TYPE, Declaration, Resource


def declaration(deployment: Mapping[str, Any] | None) -> Declaration:
    """Return what the program registered, in the order in which the engine created it.

    Args:
        deployment: the "deployment" of the state; None or empty for a stack without resources.
    """
    stack, resources = {}, []
    for state in (deployment or {}).get("resources", ()):
        if state["type"] == STACK_TYPE:
            stack = state.get("outputs", {})
        elif not _is_default_provider(state):
            resources.append(_resource(state))
    return Declaration(tuple(resources), wire.plain(stack), wire.secret_keys(stack))


def _is_default_provider(state: Mapping[str, Any]) -> bool:
    """Whether the engine created a provider, and not the program."""
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
        inputs=wire.plain(inputs),
        outputs=wire.plain(outputs),
        id=state.get("id", ""),
        custom=state["custom"],
        secret_inputs=wire.secret_keys(inputs),
        secret_outputs=wire.secret_keys(outputs),
        dependencies=frozenset(urn for urns in dependencies for urn in urns or ()),
        provider=state.get("provider", ""),
        protect=state.get("protect", False),
        retain_on_delete=state.get("retainOnDelete", False),
        ignore_changes=tuple(state.get("ignoreChanges", ())),
    )


def _as_registered(value: Any) -> Any:
    """Remove what the provider added, such as auto-names. The state lists them under `__defaults`."""
    if isinstance(value, list):
        return [_as_registered(item) for item in value]
    if isinstance(value, dict):
        added = {"__defaults", *value.get("__defaults", ())}
        return {key: _as_registered(item) for key, item in value.items() if key not in added}
    return value
