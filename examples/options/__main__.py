"""A registry that follows a company's rules, with Pulumi's resource options."""

import pulumi

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
boundary = config.require("permissionsBoundary")


def add_boundary(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Add the company's permissions boundary to every role of the component."""
    if args.type_ != "aws:iam/role:Role":
        return None
    return pulumi.ResourceTransformResult(props={**args.props, "permissionsBoundary": boundary}, opts=args.opts)


registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(
        nat_gateways="none",
        force_destroy=True,
        # These also apply to the instances' volumes and network interfaces.
        tags={"cost-center": "4711", "owner": "platform@example.com"},
    ),
    pulumi.ResourceOptions(
        transforms=[add_boundary],
        # The component's former name: its resources are not replaced.
        aliases=[pulumi.Alias(name="docker")],
        # `protect` makes `pulumi destroy` fail. `retain_on_delete` keeps deleted resources in AWS.
        protect=config.get_bool("protect"),
        retain_on_delete=config.get_bool("retainOnDelete"),
    ),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("passwords", registry.passwords)
