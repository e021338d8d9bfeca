"""The hosts that an instance calls, and whether the declared routes, endpoints and security groups reach them."""

from __future__ import annotations

import ipaddress
import re

from sandbox.evaluation.declared import Declaration, Resource
from tests.iam.needed import needed_requests
from tests.iam.policies import allowed_requests, declared_policies
from tests.iam.stack import Stack
from tests.unit.helpers import boot_script, container, environment

REGION = "us-west-2"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_POLICY = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
# The private DNS names of each interface endpoint ("AWS services that integrate with AWS PrivateLink", and for the
# channels of ECS aws/containers-roadmap#2821). They do not always contain the service's name.
_PRIVATE_DNS = {
    "autoscaling": rf"autoscaling\.{REGION}\.amazonaws\.com",
    "ecr.api": rf"api\.ecr\.{REGION}\.amazonaws\.com",
    "ecr.dkr": rf"\d+\.dkr\.ecr\.{REGION}\.amazonaws\.com",
    "ecs": rf"ecs\.{REGION}\.amazonaws\.com",
    "ecs-agent": rf"ecs-a(-\d+)?\.{REGION}\.amazonaws\.com",
    "ecs-telemetry": rf"ecs-t(-\d+)?\.{REGION}\.amazonaws\.com",
    "logs": rf"logs\.{REGION}\.amazonaws\.com",
    "ssm": rf"ssm\.{REGION}\.amazonaws\.com",
    "ssmmessages": rf"ssmmessages\.{REGION}\.amazonaws\.com",
}
_S3 = re.compile(rf"(?P<bucket>[a-z0-9.-]+)\.s3\.(dualstack\.)?{REGION}\.amazonaws\.com")


def called(declaration: Declaration, name: str) -> dict[str, str]:
    """Return the hosts that a registry calls, and their callers."""
    script = boot_script(declaration)
    bootstrap = declaration.one("aws:s3/bucket:Bucket", f"{name}-bootstrap").outputs["bucket"]
    images, image = environment(declaration)["REGISTRY_STORAGE_S3_BUCKET"], container(declaration)["image"]
    registry = image.partition("/")[0] if "/" in image else "registry-1.docker.io"
    hosts = {
        **{f"{command}.{REGION}.amazonaws.com": "the boot script" for command in _aws_commands(script) - {"s3"}},
        f"{bootstrap}.s3.{REGION}.amazonaws.com": "the boot script and the sync timer",
        # The package repository of Amazon Linux 2023 ("Amazon Linux 2023 repositories").
        f"al2023-repos-{REGION}-de612dc2.s3.dualstack.{REGION}.amazonaws.com": "dnf, in the boot script",
        f"ecs.{REGION}.amazonaws.com": "the ECS agent",
        # The two that DiscoverPollEndpoint returns (aws/amazon-ecs-agent#931).
        f"ecs-a-1.{REGION}.amazonaws.com": "the ECS agent's control channel",
        f"ecs-t-1.{REGION}.amazonaws.com": "the ECS agent's telemetry",
        f"ssm.{REGION}.amazonaws.com": "the ECS agent, for the container's secrets",
        f"ssmmessages.{REGION}.amazonaws.com": "Session Manager",
        f"logs.{REGION}.amazonaws.com": "Docker's awslogs driver",
        registry: "Docker, for the image",
        f"{images}.s3.{REGION}.amazonaws.com": "the registry",
    }
    if ".dkr.ecr." in registry:
        hosts[f"api.ecr.{REGION}.amazonaws.com"] = "the ECS agent, for a login with the execution role"
        hosts[f"prod-{REGION}-starport-layer-bucket.s3.{REGION}.amazonaws.com"] = "Docker, for the image's layers"
    return hosts


def unreachable(declaration: Declaration, name: str = "registry") -> set[str]:
    """Return the called hosts that are unreachable from at least one of the instances' subnets."""
    subnets = declaration.one("aws:autoscaling/group:Group").inputs["vpcZoneIdentifiers"]
    return {
        host for host in called(declaration, name) for subnet in subnets if not _is_reachable(declaration, subnet, host)
    }


def _is_reachable(declaration: Declaration, subnet: str, host: str) -> bool:
    if (s3 := _S3.fullmatch(host)) and _has_s3_gateway(declaration, subnet, s3["bucket"]):
        return True
    return _has_interface(declaration, subnet, host) or _has_internet_route(declaration, subnet)


def _has_interface(declaration: Declaration, subnet: str, host: str) -> bool:
    return any(
        endpoint.inputs["vpcEndpointType"] == "Interface"
        and endpoint.inputs.get("privateDnsEnabled")
        and re.fullmatch(_PRIVATE_DNS[endpoint.inputs["serviceName"].removeprefix(f"com.amazonaws.{REGION}.")], host)
        and endpoint.inputs["subnetIds"]
        and all(_allows(declaration, group, subnet) for group in endpoint.inputs["securityGroupIds"])
        for endpoint in declaration.all(_ENDPOINT)
    )


def _allows(declaration: Declaration, group: str, subnet: str) -> bool:
    clients = ipaddress.ip_network(_by_id(declaration, "aws:ec2/subnet:Subnet", subnet).inputs["cidrBlock"])
    return any(
        rule.inputs["securityGroupId"] == group
        and rule.inputs["fromPort"] <= 443 <= rule.inputs["toPort"]
        and clients.subnet_of(ipaddress.ip_network(rule.inputs["cidrIpv4"]))  # pyright: ignore[reportArgumentType]
        for rule in declaration.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if "cidrIpv4" in rule.inputs
    )


def _has_s3_gateway(declaration: Declaration, subnet: str, bucket: str) -> bool:
    table = _route_table(declaration, subnet)
    return any(
        endpoint.inputs["vpcEndpointType"] == "Gateway"
        and endpoint.inputs["serviceName"] == f"com.amazonaws.{REGION}.s3"
        and table in endpoint.inputs["routeTableIds"]
        and _policy_allows(declaration, endpoint, bucket)
        for endpoint in declaration.all(_ENDPOINT)
    )


def _policy_allows(declaration: Declaration, endpoint: Resource, bucket: str) -> bool:
    """Return whether the endpoint has no policy, or one that allows all needed requests for the bucket."""
    if endpoint.id not in {policy.inputs["vpcEndpointId"] for policy in declaration.all(_POLICY)}:
        return True
    stack = Stack(declaration)
    requests = [each for each in needed_requests(stack) if each.resource.partition("/")[0] == stack.bucket(bucket)]
    return bool(requests) and allowed_requests(requests, declared_policies(declaration)) == requests


def _has_internet_route(declaration: Declaration, subnet: str) -> bool:
    table = _route_table(declaration, subnet)
    return any(
        route.inputs["routeTableId"] == table and route.inputs["destinationCidrBlock"] == "0.0.0.0/0"
        for route in declaration.all("aws:ec2/route:Route")
    )


def _route_table(declaration: Declaration, subnet: str) -> str:
    (table,) = [
        association.inputs["routeTableId"]
        for association in declaration.all("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if association.inputs["subnetId"] == subnet
    ]
    return table


def _by_id(declaration: Declaration, type_: str, id_: str) -> Resource:
    (resource,) = [resource for resource in declaration.all(type_) if resource.id == id_]
    return resource


def _aws_commands(script: str) -> set[str]:
    """Return the services that a script calls with the AWS CLI."""
    return set(re.findall(r"\baws ([a-z0-9-]+) [a-z]", script))
