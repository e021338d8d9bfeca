"""A registry under a company's domain: records and certificate come by themselves."""

import pulumi
import pulumi_aws as aws

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
domain = config.require("domain")
# Yours is there already: aws.route53.get_zone(name=...).zone_id
zone = aws.route53.Zone(
    "company",
    name=domain.partition(".")[2],
    force_destroy=True,  # the record that validates the certificate stays in it
)

registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(domain=domain, hosted_zone=zone.zone_id, nat_gateways="none", force_destroy=True),
)

pulumi.export("registry", registry.address)
pulumi.export("nameServers", zone.name_servers)
pulumi.export("passwords", registry.passwords)
