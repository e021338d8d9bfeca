"""The prod stack's network and entrance are there when the AWS API itself is asked."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography import x509

from tests.engine.conftest import Deployed
from tests.engine.steps import changed, run

_ZONES = ["us-west-2a", "us-west-2b", "us-west-2c"]


@pytest.fixture
def of_vpc(prod: Deployed) -> dict[str, Any]:
    """A filter for what is in the stack's VPC."""
    return {"Filters": [{"Name": "vpc-id", "Values": [prod.declared.one("aws:ec2/vpc:Vpc").id]}]}


def test_vpc(prod: Deployed, of_vpc: dict[str, Any]) -> None:
    [vpc] = prod.aws("ec2").describe_vpcs(**of_vpc)["Vpcs"]
    [flow_log] = prod.aws("ec2").describe_flow_logs()["FlowLogs"]
    attached = [{"Name": "attachment.vpc-id", "Values": [vpc["VpcId"]]}]
    [gateway] = prod.aws("ec2").describe_internet_gateways(Filters=attached)["InternetGateways"]
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    assert gateway["InternetGatewayId"] == prod.declared.one("aws:ec2/internetGateway:InternetGateway").id
    assert flow_log["ResourceId"] == vpc["VpcId"]
    assert flow_log["LogDestination"] == prod.declared.one("aws:s3/bucket:Bucket", "registry-logs").outputs["arn"]


def test_refresh_finds_no_drift(prod: Deployed) -> None:
    """AWS extends the logs bucket's policy for the flow log, unless its own statements are there word for word."""
    steps = changed(run(prod.stack.preview, refresh=True))
    assert set(steps.values()) == {"refresh"}, steps


def test_subnets_and_the_routes_out_of_them(prod: Deployed, of_vpc: dict[str, Any]) -> None:
    ec2 = prod.aws("ec2")
    subnets = {subnet["SubnetId"]: subnet for subnet in ec2.describe_subnets(**of_vpc)["Subnets"]}
    nat_zones = {
        gateway["NatGatewayId"]: subnets[gateway["SubnetId"]]["AvailabilityZone"]
        for gateway in ec2.describe_nat_gateways(Filter=of_vpc["Filters"])["NatGateways"]
    }
    ways_out = []
    for table in ec2.describe_route_tables(**of_vpc)["RouteTables"]:
        outward = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0"]
        for association in table["Associations"]:
            if zone := subnets.get(association.get("SubnetId"), {}).get("AvailabilityZone"):
                [route] = outward
                ways_out.append((zone, nat_zones.get(route.get("NatGatewayId"), "internet gateway")))
    assert sorted(ways_out) == sorted([(z, "internet gateway") for z in _ZONES] + [(z, z) for z in _ZONES])


def test_s3_endpoint_serves_all_route_tables(prod: Deployed, of_vpc: dict[str, Any]) -> None:
    [endpoint] = prod.aws("ec2").describe_vpc_endpoints(**of_vpc)["VpcEndpoints"]
    tables = prod.aws("ec2").describe_route_tables(**of_vpc)["RouteTables"]
    own = {table["RouteTableId"] for table in tables if not any(a.get("Main") for a in table["Associations"])}
    assert endpoint["ServiceName"] == "com.amazonaws.us-west-2.s3"
    assert set(endpoint["RouteTableIds"]) == own
    assert len(own) == 4


def test_security_group_rules(prod: Deployed, of_vpc: dict[str, Any]) -> None:
    names = {
        group.id: group.name
        for type_ in ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
        for group in prod.declared.all(type_)
    }
    rules = {
        (
            names[rule["GroupId"]],
            "out" if rule["IsEgress"] else "in",
            names.get(rule.get("ReferencedGroupInfo", {}).get("GroupId")) or rule["CidrIpv4"],
            (rule["FromPort"], rule["ToPort"]),
        )
        for rule in prod.aws("ec2").describe_security_group_rules()["SecurityGroupRules"]
        if rule["GroupId"] in names
    }
    assert rules == {
        ("registry-alb", "in", "0.0.0.0/0", (443, 443)),
        ("registry-alb", "out", "registry-instances", (32768, 65535)),
        ("registry-instances", "in", "registry-alb", (32768, 65535)),
        ("registry-instances", "out", "0.0.0.0/0", (-1, -1)),
    }


def test_server_certificate(prod: Deployed) -> None:
    name = prod.declared.one("aws:iam/serverCertificate:ServerCertificate").outputs["name"]
    certificate = prod.aws("iam").get_server_certificate(ServerCertificateName=name)["ServerCertificate"]
    names = x509.load_pem_x509_certificate(certificate["CertificateBody"].encode()).extensions
    covered = names.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert certificate["CertificateBody"].strip() == prod.declared.exports["caCertificate"].strip()
    assert covered == ["*.us-west-2.elb.amazonaws.com"]


def test_load_balancer_listener_and_targets(prod: Deployed, of_vpc: dict[str, Any]) -> None:
    elb = prod.aws("elbv2")
    [balancer] = elb.describe_load_balancers()["LoadBalancers"]
    [listener] = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    [targets] = elb.describe_target_groups()["TargetGroups"]
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    certificate = prod.declared.one("aws:iam/serverCertificate:ServerCertificate").outputs["arn"]
    assert sorted(zone["ZoneName"] for zone in balancer["AvailabilityZones"]) == _ZONES
    assert {item["Key"]: item["Value"] for item in attributes}.items() >= {
        "access_logs.s3.enabled": "true",
        "access_logs.s3.bucket": prod.declared.one("aws:s3/bucket:Bucket", "registry-logs").id,
        "deletion_protection.enabled": "true",
        "idle_timeout.timeout_seconds": "900",
        "routing.http.drop_invalid_header_fields.enabled": "true",
    }.items()
    assert (listener["Protocol"], listener["Port"]) == ("HTTPS", 443)
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
    assert [item["CertificateArn"] for item in listener["Certificates"]] == [certificate]
    assert listener["DefaultActions"][0]["TargetGroupArn"] == targets["TargetGroupArn"]
    assert (targets["Protocol"], targets["HealthCheckPath"], targets["Matcher"]["HttpCode"]) == ("HTTPS", "/v2/", "401")
    assert targets["VpcId"] == of_vpc["Filters"][0]["Values"][0]
