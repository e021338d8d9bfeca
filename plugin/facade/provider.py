"""The host's part: the schema from the types, and a registry from what the engine hands over."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider

from private_registry import InvalidInput, Problem, registry_problems

from .component import PrivateRegistry, library_args
from .values import Reader

NAME = "private-registry"
# Otherwise a Git host's organization, and what programs import would have its name.
NAMESPACE = "pulumi"
VERSION = "0.1.0"


class RegistryProvider(ComponentProvider):
    """As `component_provider_host` makes it, but unknown properties are errors, numbers may be Outputs, and all that is
    wrong is told at once, without a traceback."""

    def __init__(self) -> None:
        super().__init__([PrivateRegistry], NAME, NAMESPACE, VERSION)
        self.schema = json.dumps(_unwrapped(json.loads(self.schema or "")))

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        self.validate_resource_type(NAME, resource_type)
        definition = self._component_defs[PrivateRegistry.__name__]
        if problems := [*self._problems(name, inputs, definition, options)]:
            # With properties of their own the engine would print values, secrets too; None ends in an AttributeError.
            raise pulumi.InputPropertiesError(str(InvalidInput(problems)), [])
        args: Any = Reader(self._type_defs).read(inputs, definition.inputs, definition.inputs_mapping)
        registry = PrivateRegistry(name, args, options)
        return ConstructResult(registry.urn, self.get_state(registry, definition))

    def _problems(
        self, name: str, inputs: pulumi.Inputs, definition: ComponentDefinition, options: pulumi.ResourceOptions | None
    ) -> Iterator[Problem]:
        """All that is wrong, found before anything is declared."""
        reader = Reader(self._type_defs, bare=True)
        args: Any = reader.read(inputs, definition.inputs, definition.inputs_mapping)
        yield from reader.problems
        if "vpc_id" not in args.get("network", ["vpc_id"]):
            del args["network"]
        yield from map(self._in_schema_terms, registry_problems(name, library_args(args), _region(options)))

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


def _region(options: pulumi.ResourceOptions | None) -> str:
    """Of the provider that the registry will be made by."""
    given = options.providers if options else None
    provider = given.get("aws") if isinstance(given, Mapping) else None
    return aws.get_region(opts=pulumi.InvokeOptions(provider=provider)).region


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
