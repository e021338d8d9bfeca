"""The component as Pulumi's provider host takes it: its arguments and its network are mappings."""

from collections.abc import Mapping
from typing import Any

import pulumi

import private_registry as library

from .schema import input_type, output_type


class PrivateRegistry(library.PrivateRegistry):
    """A private Docker registry on Amazon ECS, behind a load balancer with TLS, with its images in S3.

    Its name prefixes every resource name: 1 to 20 lowercase letters, digits and hyphens. A provider for `aws` among its
    providers sets the account and the region.
    """

    network: Any

    def __init__(self, name: str, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, library_args(args), opts)
        network: Any = self.network
        self.network = {**vars(network)}


# From these annotations, Pulumi's analyzer makes the schema.
PrivateRegistry.__annotations__["network"] = output_type(
    library.ExistingNetwork, "Network", "A network that another registry can share. Pass its IDs to that `network`."
)
PrivateRegistry.__init__.__annotations__["args"] = input_type(library.PrivateRegistryArgs)


def library_args(args: Mapping[str, Any]) -> library.PrivateRegistryArgs:
    """Return the library's arguments."""
    values = dict(args)
    if "network" in values:
        values["network"] = library.ExistingNetwork(**values["network"])
    for name, rule in (("access", library.AccessRule), ("retention", library.RetentionRule)):
        if name in values:
            values[name] = [rule(**parts) for parts in values[name]]
    return library.PrivateRegistryArgs(**values)
