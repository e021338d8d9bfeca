"""What the program declared: the one list that both doors yield and everything behind them reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Resource:
    """One resource as the program registered it.

    Names of properties are Pulumi's wire names (camelCase). Values are plain: secrets are unwrapped, and
    `secret_inputs` and `secret_outputs` name the top-level properties that hold one anywhere inside.
    """

    urn: str
    type: str
    name: str
    parent: str
    inputs: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)
    id: str = ""
    custom: bool = True
    secret_inputs: frozenset[str] = frozenset()
    secret_outputs: frozenset[str] = frozenset()
    dependencies: frozenset[str] = frozenset()
    provider: str = ""
    protect: bool = False
    retain_on_delete: bool = False
    delete_before_replace: bool = False
    ignore_changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declaration:
    """Every resource in the order of registration, and the stack's exports (secrets unwrapped)."""

    resources: tuple[Resource, ...]
    exports: Mapping[str, Any] = field(repr=False)
    secret_exports: frozenset[str] = frozenset()

    def changed(self, change: Callable[[Resource], Resource | None]) -> Declaration:
        """The same with each resource replaced by `change` of it; None leaves it out."""
        kept = (new for resource in self.resources if (new := change(resource)) is not None)
        return dataclasses.replace(self, resources=tuple(kept))

    def with_inputs(self, type_: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Declaration:
        """The same, where every resource of a type has what `change` makes of its inputs in place of these."""

        def changed(resource: Resource) -> Resource:
            if resource.type != type_:
                return resource
            return dataclasses.replace(resource, inputs={**resource.inputs, **change(resource.inputs)})

        return self.changed(changed)

    def all(self, type_: str, name: str | None = None) -> list[Resource]:
        """The resources of a type such as "aws:s3/bucket:Bucket", and of a name if one is given."""
        return [r for r in self.resources if r.type == type_ and name in (None, r.name)]

    def one(self, type_: str, name: str | None = None) -> Resource:
        """The only such resource.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = self.all(type_, name)
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources of type {type_} named {name or 'anything'}, one was expected")
        return found[0]
