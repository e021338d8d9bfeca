"""A registry in an existing network."""

import pulumi
from company import company_network

from private_registry import ExistingNetwork, PrivateRegistry, PrivateRegistryArgs

company = company_network()
registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(
        network=ExistingNetwork(
            vpc_id=company.vpc_id,
            public_subnet_ids=company.public_subnet_ids,
            private_subnet_ids=company.private_subnet_ids,
            s3_route_table_ids=[company.private_route_table_id],
        ),
        force_destroy=True,
    ),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("passwords", registry.passwords)
