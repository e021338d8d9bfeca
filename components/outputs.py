"""Dependencies that travel with a value."""

import pulumi


def with_dependencies(value: pulumi.Output[str], *resources: pulumi.Resource) -> pulumi.Output[str]:
    """Return the same value as an output that also depends on these resources.

    Resources that use it are created after them and deleted before them. With `depends_on` on a component, all of its
    resources wait, also those that need not. A URN is known in a preview too, so a known value stays known.
    """
    return pulumi.Output.all(value, *(resource.urn for resource in resources)).apply(lambda known: known[0])
