"""A registry that serves the replica bucket of another registry's images, in the replica bucket's Region."""

import pulumi

from private_registry import PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
registry = PrivateRegistry(
    "second",
    PrivateRegistryArgs(
        image="registry:3",
        # The replica bucket, which `pulumi destroy` of this stack keeps.
        images_bucket=config.require("imagesBucket"),
        # Those of the first registry. Without them, clients need another address and another password.
        domain=config.get("domain"),
        certificate_arn=config.get("certificateArn"),
        htpasswd=config.get_secret("htpasswd"),
        nat_gateways="single",
        force_destroy=True,
    ),
)

pulumi.export("registry", registry.address)
pulumi.export("caCertificate", registry.ca_certificate)
pulumi.export("passwords", registry.passwords)
# The target of the domain's alias records.
pulumi.export("loadBalancerDns", registry.load_balancer_dns)
pulumi.export("loadBalancerZoneId", registry.load_balancer_zone_id)
