"""A stand-in for your existing network: two zones, a NAT gateway, no gateway endpoint for S3."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from private_registry import with_dependencies

_ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True)
class CompanyNetwork:
    """The IDs of the network's resources. A subnet's ID depends on the routes that an instance needs to boot."""

    vpc_id: pulumi.Output[str]
    public_subnet_ids: list[pulumi.Output[str]]
    private_subnet_ids: list[pulumi.Output[str]]
    private_route_table_id: pulumi.Output[str]


def company_network() -> CompanyNetwork:
    """Create the network."""
    region = pulumi.Config("aws").require("region")
    zones = [f"{region}{letter}" for letter in "ab"]  # named, because the list that AWS returns can change
    vpc = aws.ec2.Vpc("company", cidr_block="10.20.0.0/16", enable_dns_hostnames=True)
    internet = aws.ec2.InternetGateway("company", vpc_id=vpc.id)

    def subnets(kind: str, table: aws.ec2.RouteTable, route: aws.ec2.Route, first: int) -> list[pulumi.Output[str]]:
        ids: list[pulumi.Output[str]] = []
        for number, zone in enumerate(zones, first):
            subnet = aws.ec2.Subnet(
                f"{kind}-{zone}", vpc_id=vpc.id, availability_zone=zone, cidr_block=f"10.20.{number}.0/24"
            )
            association = aws.ec2.RouteTableAssociation(f"{kind}-{zone}", subnet_id=subnet.id, route_table_id=table.id)
            ids.append(with_dependencies(subnet.id, association, route))
        return ids

    public_table, private_table = (aws.ec2.RouteTable(kind, vpc_id=vpc.id) for kind in ("public", "private"))
    to_internet = aws.ec2.Route(
        "public", route_table_id=public_table.id, destination_cidr_block=_ANYWHERE, gateway_id=internet.id
    )
    public = subnets("public", public_table, to_internet, 0)
    nat = aws.ec2.NatGateway("nat", subnet_id=public[0], allocation_id=aws.ec2.Eip("nat", domain="vpc").id)
    to_nat = aws.ec2.Route(
        "private", route_table_id=private_table.id, destination_cidr_block=_ANYWHERE, nat_gateway_id=nat.id
    )
    private = subnets("private", private_table, to_nat, 10)
    return CompanyNetwork(vpc.id, public, private, private_table.id)
