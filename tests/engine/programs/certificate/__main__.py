"""A registry's certificate without the registry: the domain's records can point to one load balancer only."""

import pulumi

from components.certificate import Certificate, CertificateArgs
from components.lookups import find_location

parent = pulumi.ComponentResource("test:index:Parent", "parent")
Certificate(
    "certificate",
    CertificateArgs(
        location=find_location(parent),
        domain="registry.example.com",
        hosted_zone=pulumi.Config().require("hostedZone"),
    ),
    pulumi.ResourceOptions(parent=parent),
)
