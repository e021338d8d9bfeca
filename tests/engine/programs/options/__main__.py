"""A registry, formerly named "docker", with resource options from the stack's configuration."""

import pulumi
import pulumi_aws as aws

from components import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
boundary = "arn:aws:iam::aws:policy/PowerUserAccess"


def add_boundary(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Add a permissions boundary to every role."""
    if args.type_ != "aws:iam/role:Role":
        return None
    return pulumi.ResourceTransformResult(props={**args.props, "permissionsBoundary": boundary}, opts=args.opts)


company = aws.Provider(
    "company", region=pulumi.Config("aws").require("region"), default_tags={"tags": {"company": "example.com"}}
)
registry = PrivateRegistry(
    config.require("name"),
    PrivateRegistryArgs(nat_gateways="none", force_destroy=True),
    pulumi.ResourceOptions(
        provider=company,
        aliases=[pulumi.Alias(name="docker")],
        transforms=[add_boundary],
        protect=config.get_bool("protect"),
        retain_on_delete=config.get_bool("retainOnDelete"),
    ),
)

pulumi.export("bucket", registry.bucket_name)
