"""The host's part: the schema from the types, and a registry from what the engine hands over."""

import json
import re
from typing import Any

import pulumi
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from private_registry import InvalidInput, Problem

from .component import PrivateRegistry
from .values import Reader

NAME = "private-registry"
# Otherwise a Git host's organization, and what programs import would have its name.
NAMESPACE = "pulumi"
VERSION = "0.1.0"


class RegistryProvider(ComponentProvider):
    """As `component_provider_host` makes it, but unknown properties are errors, and errors come without a traceback."""

    def __init__(self) -> None:
        super().__init__([PrivateRegistry], NAME, NAMESPACE, VERSION)
        self.schema = json.dumps(_unwrapped(json.loads(self.schema or "")))

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        try:
            return super().construct(name, resource_type, inputs, options)
        except InvalidInput as error:
            raise pulumi.InputPropertiesError(str(error)) from None
        except ComponentInitError as error:
            if isinstance(error.inner, InvalidInput):
                told = InvalidInput(map(self._in_schema_terms, error.inner.problems))
                raise pulumi.InputPropertiesError(str(told)) from None
            raise

    def map_inputs(self, inputs: pulumi.Inputs, component_def: ComponentDefinition) -> pulumi.Inputs:
        """The base's drops what the schema does not have, and fails on an Output for a number.

        Raises:
            InvalidInput: some of it cannot be used.
        """
        reader = Reader(self._type_defs)
        read = reader.read(inputs, component_def.inputs, component_def.inputs_mapping)
        if reader.problems:
            raise InvalidInput(reader.problems)
        return read

    def _in_schema_terms(self, problem: Problem) -> Problem:
        """The library speaks of min_size. Who writes another language knows minSize."""
        mappings = [
            *(component.inputs_mapping for component in self._component_defs.values()),
            *(type_.properties_mapping for type_ in self._type_defs.values()),
        ]
        schema_names = {python: schema for names in mappings for schema, python in names.items()}
        spelled = re.compile(r"\b(" + "|".join(name for name in schema_names if "_" in name) + r")\b")

        def spell(text: str) -> str:
            return spelled.sub(lambda found: schema_names[found[0]], text)

        return Problem(
            key=spell(problem.key),
            found=spell(problem.found),
            allowed=spell(problem.allowed),
            example=spell(problem.example),
        )


def _unwrapped(schema: Any) -> Any:
    """The same, with each paragraph of a description in one line: in the sources they are wrapped and indented."""
    if isinstance(schema, list):
        return [_unwrapped(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: "\n\n".join(" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", value))
        if key == "description" and isinstance(value, str)
        else _unwrapped(value)
        for key, value in schema.items()
    }
