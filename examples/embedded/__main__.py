"""A company's program. Its provider sets the account, Region and default tags of every resource."""

import pulumi
import pulumi_aws as aws

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()

company = aws.Provider(
    "company",
    region=pulumi.Config("aws").require("region"),
    default_tags={"tags": {"company": "example.com", "cost-center": config.require("costCenter")}},
)
registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(
        nat_gateways="none",
        force_destroy=config.get_bool("forceDestroy") or False,
        tags={"service": "registry"},
    ),
    pulumi.ResourceOptions(provider=company),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("passwords", registry.passwords)
