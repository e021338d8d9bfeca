"""What the stacks declare: a network that all registries share, and a registry."""

import pulumi
import pulumi_aws as aws

from private_registry import ExistingNetwork, PrivateRegistry, PrivateRegistryArgs, with_dependencies

_ZONES = ("a", "b")


def network(region: str) -> None:
    """Two public subnets. A VPC per registry would exceed an account's quota, which is five in a region by default."""
    vpc = aws.ec2.Vpc("registries", cidr_block="10.20.0.0/16", enable_dns_hostnames=True)
    internet = aws.ec2.InternetGateway("registries", vpc_id=vpc.id)
    table = aws.ec2.RouteTable("public", vpc_id=vpc.id, routes=[{"cidr_block": "0.0.0.0/0", "gateway_id": internet.id}])
    subnets: list[pulumi.Output[str]] = []
    for number, letter in enumerate(_ZONES):
        zone = f"{region}{letter}"
        subnet = aws.ec2.Subnet(
            f"public-{letter}", vpc_id=vpc.id, availability_zone=zone, cidr_block=f"10.20.{number}.0/24"
        )
        association = aws.ec2.RouteTableAssociation(f"public-{letter}", subnet_id=subnet.id, route_table_id=table.id)
        subnets.append(with_dependencies(subnet.id, association))
    pulumi.export("vpcId", vpc.id)
    pulumi.export("publicSubnetIds", subnets)


def registry(team: str, shared: ExistingNetwork) -> None:
    """A team's registry in the shared network."""
    declared = PrivateRegistry(team, PrivateRegistryArgs(network=shared, force_destroy=True, tags={"team": team}))
    pulumi.export("address", declared.address)
    pulumi.export("passwords", declared.passwords)
    pulumi.export("caCertificate", declared.ca_certificate)
