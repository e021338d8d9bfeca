"""The prod stack's network and load balancer as the AWS API describes them."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from tests.engine.commands import preview_drift
from tests.engine.queries import listener, load_balancer
from tests.engine.stacks import DeployedStack

_ZONES = ["us-west-2a", "us-west-2b", "us-west-2c"]
_PREFIX_LIST = "managedPrefixList:ManagedPrefixList"


@pytest.fixture
def in_vpc(prod: DeployedStack) -> list[dict[str, Any]]:
    """Filters for resources in the stack's VPC."""
    return [{"Name": "vpc-id", "Values": [prod.declaration.one("aws:ec2/vpc:Vpc").id]}]


def test_vpc_has_an_internet_gateway_and_a_flow_log(prod: DeployedStack, in_vpc: list[dict[str, Any]]) -> None:
    ec2, declaration = prod.aws("ec2"), prod.declaration
    [vpc] = ec2.describe_vpcs(Filters=in_vpc)["Vpcs"]
    [flow_log] = ec2.describe_flow_logs()["FlowLogs"]
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}]
    [gateway] = ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    assert gateway["InternetGatewayId"] == declaration.one("aws:ec2/internetGateway:InternetGateway").id
    assert flow_log["ResourceId"] == vpc["VpcId"]
    assert flow_log["LogDestination"] == declaration.one("aws:s3/bucket:Bucket", "registry-logs").outputs["arn"]


def test_refresh_finds_no_drift(prod: DeployedStack) -> None:
    """AWS adds statements for the flow log to the logs bucket's policy, unless the policy contains them verbatim."""
    assert preview_drift(prod.stack) == {}


def test_each_zone_has_a_public_and_a_private_route_to_the_internet(
    prod: DeployedStack, in_vpc: list[dict[str, Any]]
) -> None:
    ec2 = prod.aws("ec2")
    subnets = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets(Filters=in_vpc)["Subnets"]}
    nat_zones = {
        gateway["NatGatewayId"]: subnets[gateway["SubnetId"]]["AvailabilityZone"]
        for gateway in ec2.describe_nat_gateways(Filter=in_vpc)["NatGateways"]
    }
    routes = []
    for table in ec2.describe_route_tables(Filters=in_vpc)["RouteTables"]:
        default_routes = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
        for association in table["Associations"]:
            if subnet := subnets.get(association.get("SubnetId")):
                [route] = default_routes
                via = nat_zones.get(route.get("NatGatewayId"), "internet gateway")
                routes.append((subnet["AvailabilityZone"], via))
    public, private = [(zone, "internet gateway") for zone in _ZONES], [(zone, zone) for zone in _ZONES]
    assert sorted(routes) == sorted(public + private)


def test_s3_endpoint_is_in_all_route_tables(prod: DeployedStack, in_vpc: list[dict[str, Any]]) -> None:
    [endpoint] = prod.aws("ec2").describe_vpc_endpoints(Filters=in_vpc)["VpcEndpoints"]
    tables = prod.aws("ec2").describe_route_tables(Filters=in_vpc)["RouteTables"]
    own = {table["RouteTableId"] for table in tables if not any(a.get("Main") for a in table["Associations"])}
    assert endpoint["ServiceName"] == "com.amazonaws.us-west-2.s3"
    assert set(endpoint["RouteTableIds"]) == own
    assert len(own) == 4


def test_clients_may_connect_from_everywhere(prod: DeployedStack) -> None:
    prefix_list = prod.declaration.one(f"aws:ec2/{_PREFIX_LIST}").id
    entries = prod.aws("ec2").get_managed_prefix_list_entries(PrefixListId=prefix_list)["Entries"]
    assert [entry["Cidr"] for entry in entries] == ["0.0.0.0/0"]


def test_security_groups_allow_only_these_connections(prod: DeployedStack) -> None:
    names = {
        group.id: group.name
        for type_ in ("securityGroup:SecurityGroup", "defaultSecurityGroup:DefaultSecurityGroup", _PREFIX_LIST)
        for group in prod.declaration.all(f"aws:ec2/{type_}")
    }
    rules = {
        (
            names[rule["GroupId"]],
            "egress" if rule["IsEgress"] else "ingress",
            names.get(rule.get("PrefixListId") or rule.get("ReferencedGroupInfo", {}).get("GroupId"))
            or rule["CidrIpv4"],
            (rule["FromPort"], rule["ToPort"]),
        )
        for rule in prod.aws("ec2").describe_security_group_rules()["SecurityGroupRules"]
        if rule["GroupId"] in names
    }
    assert rules == {
        ("registry-alb", "ingress", "registry-clients", (443, 443)),
        ("registry-alb", "egress", "registry-instances", (32768, 65535)),
        ("registry-instances", "ingress", "registry-alb", (32768, 65535)),
        ("registry-instances", "egress", "0.0.0.0/0", (-1, -1)),
    }


def test_server_certificate_covers_the_load_balancers_name(prod: DeployedStack) -> None:
    name = prod.declaration.one("aws:iam/serverCertificate:ServerCertificate").outputs["name"]
    certificate = prod.aws("iam").get_server_certificate(ServerCertificateName=name)["ServerCertificate"]
    extensions = x509.load_pem_x509_certificate(certificate["CertificateBody"].encode()).extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert certificate["CertificateBody"].strip() == prod.declaration.exports["caCertificate"].strip()
    assert names.get_values_for_type(x509.DNSName) == ["*.us-west-2.elb.amazonaws.com"]


def test_load_balancer_spans_all_zones_and_logs_its_requests(prod: DeployedStack) -> None:
    balancer = load_balancer(prod.aws)
    described = prod.aws("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    attributes = {attribute["Key"]: attribute["Value"] for attribute in described["Attributes"]}
    assert sorted(zone["ZoneName"] for zone in balancer["AvailabilityZones"]) == _ZONES
    assert (
        attributes.items()
        >= {
            "access_logs.s3.enabled": "true",
            "access_logs.s3.bucket": prod.declaration.one("aws:s3/bucket:Bucket", "registry-logs").id,
            "deletion_protection.enabled": "true",
            "idle_timeout.timeout_seconds": "300",
            "routing.http.drop_invalid_header_fields.enabled": "true",
        }.items()
    )


def test_listener_forwards_https_to_the_target_group(prod: DeployedStack, in_vpc: list[dict[str, Any]]) -> None:
    [targets] = prod.aws("elbv2").describe_target_groups()["TargetGroups"]
    https = listener(prod.aws)
    certificate = prod.declaration.one("aws:iam/serverCertificate:ServerCertificate").outputs["arn"]
    assert (https["Protocol"], https["Port"]) == ("HTTPS", 443)
    assert https["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    assert [item["CertificateArn"] for item in https["Certificates"]] == [certificate]
    assert https["DefaultActions"][0]["TargetGroupArn"] == targets["TargetGroupArn"]
    assert (targets["Protocol"], targets["HealthCheckPath"], targets["Matcher"]["HttpCode"]) == ("HTTPS", "/v2/", "401")
    assert [targets["VpcId"]] == in_vpc[0]["Values"]
