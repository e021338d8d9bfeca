"""Order by data: a value that comes no earlier than what makes it usable."""

import pulumi


def known_after(value: pulumi.Output[str], *resources: pulumi.Resource) -> pulumi.Output[str]:
    """The value, once these resources are there; destroying goes the other way round.

    It is what `depends_on` cannot say of a component: its children do not take over what the component depends on.
    A resource's URN is known even in a preview, so that nothing becomes unknown by this.
    """
    return pulumi.Output.all(value, *(resource.urn for resource in resources)).apply(lambda known: known[0])
