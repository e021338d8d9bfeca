"""A registry under a company's rules, by Pulumi's own resource options."""

import pulumi

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
boundary = config.require("permissionsBoundary")


def bound(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Every role gets the company's permissions boundary, wherever in the component it is made."""
    if args.type_ != "aws:iam/role:Role":
        return None
    return pulumi.ResourceTransformResult(props={**args.props, "permissionsBoundary": boundary}, opts=args.opts)


registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(
        nat_gateways="none",
        force_destroy=True,
        # On everything, volumes and network interfaces of the instances included.
        tags={"cost-center": "4711", "owner": "platform@example.com"},
    ),
    pulumi.ResourceOptions(
        transforms=[bound],
        # Of the time when it was called "docker": nothing is made anew.
        aliases=[pulumi.Alias(name="docker")],
        # With these two, `pulumi destroy` refuses, and the buckets outlive whoever removes the component.
        protect=config.get_bool("protect"),
        retain_on_delete=config.get_bool("retainOnDelete"),
    ),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("passwords", registry.passwords)
