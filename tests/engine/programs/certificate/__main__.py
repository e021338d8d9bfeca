"""A registry's certificate without the registry: the domain's records can point to one load balancer only."""

import pulumi
import pulumi_aws as aws

from components.certificate import Certificate, CertificateArgs
from components.pure.location import Location

parent = pulumi.ComponentResource("test:index:Parent", "parent")
Certificate(
    "certificate",
    CertificateArgs(
        location=Location(region=aws.get_region().region),
        domain="registry.example.com",
        hosted_zone=pulumi.Config().require("hostedZone"),
    ),
    pulumi.ResourceOptions(parent=parent),
)
