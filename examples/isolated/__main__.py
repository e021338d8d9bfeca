"""A registry in a network without internet access."""

import pulumi

from private_registry import PrivateRegistry, PrivateRegistryArgs

registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(
        isolated=True,
        image=pulumi.Config().require("image"),
        allowed_cidrs=["10.0.0.0/8"],
        force_destroy=True,
    ),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("passwords", registry.passwords)
