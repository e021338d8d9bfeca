"""A registry under a domain in Route 53, with a certificate from ACM."""

import pulumi
import pulumi_aws as aws

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
domain = config.require("domain")
# For an existing zone: aws.route53.get_zone(name=...).zone_id
zone = aws.route53.Zone(
    "company",
    name=domain.partition(".")[2],
    force_destroy=True,  # The record that validates the certificate remains in the zone.
)

registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(domain=domain, hosted_zone=zone.zone_id, nat_gateways="none", force_destroy=True),
)

pulumi.export("registry", registry.address)
pulumi.export("nameServers", zone.name_servers)
pulumi.export("passwords", registry.passwords)
