"""The provider: the schema, and a registry for each request of the engine."""

import json
from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws
from pulumi.provider import ConstructResult
from pulumi.provider.experimental.analyzer import ComponentDefinition
from pulumi.provider.experimental.component import ComponentProvider

from private_registry import InvalidInput, Problem, problems, registry_problems

from .component import PrivateRegistry, library_args
from .schema import described
from .values import Reader

NAME = "private-registry"
# The publisher in the SDKs' names, such as community_private_registry and @community/private-registry. The owner of the
# repository chooses it. Without one, the CLI takes the organization in a Git URL, and "pulumi" for a folder.
NAMESPACE = "community"
VERSION = "0.1.0"


class RegistryProvider(ComponentProvider):
    """Pulumi's component provider, with the library's checks.

    Unlike Pulumi's own, it refuses unknown properties, takes numbers from Outputs, and reports all problems at once,
    without a traceback.
    """

    def __init__(self) -> None:
        super().__init__([PrivateRegistry], NAME, NAMESPACE, VERSION)
        self.schema = json.dumps(described(json.loads(self.schema or "")))

    def construct(
        self, name: str, resource_type: str, inputs: pulumi.Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        problems.audience.set(problems.SCHEMA)
        problems.registry_name.set(name)
        self.validate_resource_type(NAME, resource_type)
        definition = self._component_defs[PrivateRegistry.__name__]
        if found := [*self._problems(name, inputs, definition, options)]:
            raise _refusal(InvalidInput(found))
        args = Reader(self._type_defs).read(inputs, definition.inputs, definition.inputs_mapping)
        try:
            registry = PrivateRegistry(name, args, options)
        except InvalidInput as error:
            raise _refusal(error) from None
        return ConstructResult(registry.urn, self.get_state(registry, definition))

    def _problems(
        self, name: str, inputs: pulumi.Inputs, definition: ComponentDefinition, options: pulumi.ResourceOptions | None
    ) -> Iterator[Problem]:
        """Find all problems before any resource is declared."""
        reader = Reader(self._type_defs, unwrap=True)
        args = reader.read(inputs, definition.inputs, definition.inputs_mapping)
        yield from reader.problems
        if "vpc_id" not in args.get("network", ["vpc_id"]):
            del args["network"]
        for name in ("access", "retention"):
            if any(problem.key.startswith(f"{name}[") for problem in reader.problems):
                del args[name]
        secrets = [definition.inputs_mapping[key] for key in reader.secrets]
        found = registry_problems(name, library_args(args), args.get("region") or _region(options))
        yield from problems.concealed(found, secrets)


def _refusal(error: InvalidInput) -> pulumi.InputPropertiesError:
    # The engine would print the values of properties listed here, also secrets. None raises an AttributeError.
    return pulumi.InputPropertiesError(str(error), [])


def _region(options: pulumi.ResourceOptions | None) -> str:
    """Return the region of the provider that the registry will use. Empty if the provider cannot answer yet."""
    providers = options.providers if options else None
    provider = providers.get("aws") if isinstance(providers, Mapping) else None
    return aws.get_region(opts=pulumi.InvokeOptions(provider=provider)).region or ""
