"""The declaration of a stack: what evaluation and `pulumi up` yield, and the rest of the sandbox reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True)
class Resource:
    """A resource as the program registered it.

    Names of properties are in camelCase, as in Pulumi's wire format. Values are plain: secrets are unwrapped, and
    `secret_inputs` and `secret_outputs` name the top-level properties that contain a secret at any depth.
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
    replacement_trigger: Any = None


@dataclass(frozen=True)
class Declaration:
    """The resources in the order of registration, and the stack's outputs, with secrets unwrapped."""

    resources: tuple[Resource, ...]
    exports: Mapping[str, Any] = field(repr=False)
    secret_exports: frozenset[str] = frozenset()

    def changed(self, change: Callable[[Resource], Resource | None]) -> Declaration:
        """Replace each resource by `change` of it. None removes the resource."""
        kept = (new for resource in self.resources if (new := change(resource)) is not None)
        return dataclasses.replace(self, resources=tuple(kept))

    def with_inputs(self, type_: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Declaration:
        """Update the inputs of every resource of a type with what `change` returns for them."""

        def changed(resource: Resource) -> Resource:
            if resource.type != type_:
                return resource
            return dataclasses.replace(resource, inputs={**resource.inputs, **change(resource.inputs)})

        return self.changed(changed)

    def all(self, type_: str, name: str | None = None) -> list[Resource]:
        """Return the resources of a type such as "aws:s3/bucket:Bucket", and of a logical name if one is given."""
        return [r for r in self.resources if r.type == type_ and name in (None, r.name)]

    def one(self, type_: str, name: str | None = None) -> Resource:
        """Return the only resource of a type, and of a logical name if one is given.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = self.all(type_, name)
        if len(found) != 1:
            raise LookupError(f"{len(found)} resources of type {type_} named {name or 'anything'}; expected one")
        return found[0]
