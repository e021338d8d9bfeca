"""A registry whose arguments are Outputs: lists as a network's component returns them, users from the configuration."""

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from private_registry import ExistingNetwork, PrivateRegistry, PrivateRegistryArgs

config = pulumi.Config()
vpc = aws.ec2.Vpc("company", cidr_block="10.20.0.0/16", enable_dns_hostnames=True)
table = aws.ec2.RouteTable("company", vpc_id=vpc.id)
internet = aws.ec2.InternetGateway("company", vpc_id=vpc.id)
route = aws.ec2.Route("company", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=internet.id)
subnets = [
    aws.ec2.Subnet(f"company-{zone}", vpc_id=vpc.id, availability_zone=f"us-west-2{zone}", cidr_block=cidr)
    for zone, cidr in {"a": "10.20.0.0/24", "b": "10.20.1.0/24"}.items()
]
for zone, subnet in zip("ab", subnets, strict=True):
    aws.ec2.RouteTableAssociation(f"company-{zone}", subnet_id=subnet.id, route_table_id=table.id)
pet = random.RandomPet("pet").id


def known_later(value: object) -> pulumi.Output[object]:
    """The value as an Output that is unknown in the first preview, with all that it contains."""
    return pulumi.Output.all(pet, value).apply(lambda known: known[1])


registry = PrivateRegistry(
    "images",
    PrivateRegistryArgs(
        domain=pulumi.Output.concat(pet, ".example.com"),
        users=config.require_secret_object("users"),
        allowed_cidrs=known_later(["203.0.113.0/24", "198.51.100.0/24"]),  # pyright: ignore[reportArgumentType]
        network=ExistingNetwork(
            vpc_id=vpc.id,
            public_subnet_ids=pulumi.Output.all(*(subnet.id for subnet in subnets)),
            s3_route_table_ids=pulumi.Output.all(table.id),
        ),
        tags={"pet": pet},
        force_destroy=True,
    ),
    opts=pulumi.ResourceOptions(depends_on=[route]),
)
pulumi.export("address", registry.address)
