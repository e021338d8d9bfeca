"""A registry with private addresses only, for clients in the company's networks."""

import pulumi

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(
        internal=True,
        allowed_cidrs=config.require_object("officeCidrs"),
        clients_reach_s3=config.get_bool("clientsReachS3") or False,
        nat_gateways="single",
        force_destroy=True,
    ),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("passwords", registry.passwords)
