"""Pulumi's resource monitor for evaluation: it registers resources, answers the program and records everything."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import MutableMapping
from typing import Any

from google.protobuf import empty_pb2, json_format
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import provider_pb2, resource_pb2

from sandbox.evaluation import aws_provider, local_providers, wire
from sandbox.evaluation.declared import STACK_TYPE, Declaration, Resource
from sandbox.evaluation.transforms import Transforms

# Older versions of Pulumi have one message for monitors and providers.
_InvokeResponse = getattr(resource_pb2, "ResourceInvokeResponse", provider_pb2.InvokeResponse)

# Inputs and outputs of resources of pulumi-tls and pulumi-random, by URN.
State = MutableMapping[str, tuple[dict[str, Any], dict[str, Any]]]


class DuplicateResource(Exception):
    """Two resources have the same type, parent and name. The engine refuses them too."""


class _NoMocks(Mocks):
    """Mocks that are never called: the monitor below overrides each method that would call them."""

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        raise NotImplementedError(args.typ)


class RecordingMonitor(MockMonitor):
    """Records every resource.

    Resources of pulumi-tls and pulumi-random are created for real. All others get plausible outputs.

    Args:
        region: the region of the default AWS provider.
        state: values of earlier runs; new ones are added.
        preview: whether values that only a deployment yields stay unknown.

    Attributes:
        transforms: the program's resource transforms.
    """

    transforms: Transforms

    def __init__(self, stack: str, project: str, region: str, state: State, *, preview: bool) -> None:
        super().__init__(_NoMocks())
        self._urn_prefix = f"urn:pulumi:{stack}::{project}::"
        self._region = region
        self._state = state
        self._preview = preview
        self._recorded: dict[str, Resource] = {}
        self._transforms_of: dict[str, list[str]] = {}
        self._exports: dict[str, Any] = {}
        self._secret_exports: frozenset[str] = frozenset()

    def declaration(self) -> Declaration:
        """Return what was registered so far."""
        return Declaration(tuple(self._recorded.values()), self._exports, self._secret_exports)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        # Like the engine, and unlike MockMonitor: the types of all ancestors, without the stack.
        chain = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if chain == STACK_TYPE else f"{chain}${type_}"
        return f"{self._urn_prefix}{qualified}::{name}"

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if urn in self._recorded:
            raise DuplicateResource(f"two resources have the URN {urn}; give one of them another name")
        # The resource's own transforms first, then those of its ancestors.
        tokens = [transform.token for transform in request.transforms] + self._transforms_of.get(request.parent, [])
        self._transforms_of[urn] = tokens
        self.transforms.apply(tokens, request)
        inputs, secret_inputs = wire.read(request.object)
        id_, outputs = self._make(request, urn, inputs) if request.custom else ("", {})
        secret_outputs = secret_inputs | (frozenset(request.additionalSecretOutputs) & outputs.keys())
        self._record(
            request,
            urn,
            inputs=inputs,
            outputs=outputs,
            id=id_,
            custom=request.custom,
            secret_inputs=secret_inputs,
            secret_outputs=secret_outputs if request.custom else frozenset(),
            dependencies=frozenset(request.dependencies).union(
                *(property_.urns for property_ in request.propertyDependencies.values())
            ),
            protect=request.protect,
            retain_on_delete=request.retainOnDelete,
            delete_before_replace=request.deleteBeforeReplace,
            ignore_changes=tuple(request.ignoreChanges),
            replacement_trigger=json_format.MessageToDict(request.replacement_trigger),
        )
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=id_, object=wire.write(outputs if request.custom else inputs, secret_outputs)
        )

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        outputs, secret = wire.read(request.outputs)
        if request.urn in self._recorded:
            recorded = self._recorded[request.urn]
            self._recorded[request.urn] = dataclasses.replace(recorded, outputs=outputs, secret_outputs=secret)
        else:
            self._exports, self._secret_exports = outputs, secret
        return empty_pb2.Empty()

    def ReadResource(self, request: Any) -> resource_pb2.ReadResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        inputs, secret = wire.read(request.properties)
        provider = self._provider(request.provider)
        outputs = {**inputs, **aws_provider.existing(request.type, request.id, urn, provider)}
        dependencies = frozenset(request.dependencies)
        self._record(request, urn, inputs=inputs, outputs=outputs, id=request.id, dependencies=dependencies)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=wire.write(outputs, secret))

    def _record(self, request: Any, urn: str, **properties: Any) -> None:
        self._recorded[urn] = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent,
            provider=request.provider,
            **properties,
        )

    def Invoke(self, request: Any) -> Any:
        args, _ = wire.read(request.args)
        found = aws_provider.look_up(request.tok, args, self._provider(request.provider))
        response = _InvokeResponse()
        getattr(response, "return").CopyFrom(wire.write(found, ()))
        return response

    def _make(self, request: Any, urn: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Make the id and outputs of a custom resource. In a preview, missing outputs are unknown to the program."""
        if request.type in local_providers.MAKERS:
            if urn in self._state and self._state[urn][0] == inputs:
                return "none", {**inputs, **self._state[urn][1]}
            if self._preview:
                return "", inputs
            made = local_providers.MAKERS[request.type](inputs)
            self._state[urn] = (inputs, made)
            return "none", {**inputs, **made}
        if self._preview:
            return "", inputs
        id_, made = aws_provider.computed(request.type, request.name, urn, inputs, self._provider(request.provider))
        return request.importId or id_, {**inputs, **made}

    def _provider(self, reference: str) -> aws_provider.Provider:
        """Find a provider by the engine's reference to it, "URN::ID". The default provider's is empty."""
        recorded = self._recorded.get(reference.rpartition("::")[0])
        if recorded is None:
            return aws_provider.Provider(self._region)
        # Providers get nested inputs as JSON.
        default_tags = json.loads(recorded.inputs.get("defaultTags", "{}")).get("tags", {})
        return aws_provider.Provider(recorded.inputs.get("region", self._region), default_tags)
