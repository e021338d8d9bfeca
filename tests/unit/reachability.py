"""Which hosts an instance calls, and whether the declared routes, endpoints and security groups lead there."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from sandbox.evaluation.declared import Declaration, Resource
from tests.iam.needed import needed
from tests.iam.policies import declared, granted
from tests.iam.stack import Stack
from tests.unit.helpers import boot_script, container, environment

REGION = "us-west-2"
_ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
_POLICY = "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"
# What each interface endpoint's private DNS answers to ("AWS services that integrate with AWS PrivateLink", and for
# ECS's channels aws/containers-roadmap#2821): it is not the service's name in every case.
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
    """The hosts that the registry of that name calls, and by whom."""
    script = boot_script(declaration)
    bootstrap = declaration.one("aws:s3/bucket:Bucket", f"{name}-bootstrap").outputs["bucket"]
    images, image = environment(declaration)["REGISTRY_STORAGE_S3_BUCKET"], container(declaration)["image"]
    registry = image.partition("/")[0] if "/" in image else "registry-1.docker.io"
    hosts = {
        **{f"{command}.{REGION}.amazonaws.com": "the boot script" for command in _aws_commands(script) - {"s3"}},
        f"{bootstrap}.s3.{REGION}.amazonaws.com": "the boot script and the sync timer",
        # Where Amazon Linux 2023 looks for packages ("Amazon Linux 2023 repositories").
        f"al2023-repos-{REGION}-de612dc2.s3.dualstack.{REGION}.amazonaws.com": "dnf, in the boot script",
        f"ecs.{REGION}.amazonaws.com": "the ECS agent",
        # Those that DiscoverPollEndpoint names (aws/amazon-ecs-agent#931).
        f"ecs-a-1.{REGION}.amazonaws.com": "the ECS agent's control channel",
        f"ecs-t-1.{REGION}.amazonaws.com": "the ECS agent's telemetry",
        f"ssm.{REGION}.amazonaws.com": "the ECS agent, for the container's secrets",
        f"ssmmessages.{REGION}.amazonaws.com": "Session Manager",
        f"logs.{REGION}.amazonaws.com": "Docker's awslogs driver",
        registry: "Docker, for the image",
        f"{images}.s3.{REGION}.amazonaws.com": "the registry",
    }
    if ".dkr.ecr." in registry:
        hosts[f"api.ecr.{REGION}.amazonaws.com"] = "the ECS agent, for a login as the execution role"
        hosts[f"prod-{REGION}-starport-layer-bucket.s3.{REGION}.amazonaws.com"] = "Docker, for the image's layers"
    return hosts


def unreachable(declaration: Declaration, name: str = "registry") -> set[str]:
    """The called hosts that no instance reaches from some subnet that it may stand in."""
    subnets = declaration.one("aws:autoscaling/group:Group").inputs["vpcZoneIdentifiers"]
    return {host for host in called(declaration, name) for subnet in subnets if not _leads(declaration, subnet, host)}


def _leads(declaration: Declaration, subnet: str, host: str) -> bool:
    if (through_s3 := _S3.fullmatch(host)) and _s3_gateway(declaration, subnet, through_s3["bucket"]):
        return True
    return any(_interface(declaration, subnet, host)) or _way_to_the_internet(declaration, subnet)


def _interface(declaration: Declaration, subnet: str, host: str) -> Iterator[Resource]:
    for endpoint in declaration.all(_ENDPOINT):
        service = endpoint.inputs["serviceName"].removeprefix(f"com.amazonaws.{REGION}.")
        if (
            endpoint.inputs["vpcEndpointType"] == "Interface"
            and endpoint.inputs.get("privateDnsEnabled")
            and re.fullmatch(_PRIVATE_DNS[service], host)
            and endpoint.inputs["subnetIds"]
            and all(_admits(declaration, group, subnet) for group in endpoint.inputs["securityGroupIds"])
        ):
            yield endpoint


def _admits(declaration: Declaration, group: str, subnet: str) -> bool:
    clients = ipaddress.ip_network(_by_id(declaration, "aws:ec2/subnet:Subnet", subnet).inputs["cidrBlock"])
    return any(
        rule.inputs["securityGroupId"] == group
        and rule.inputs["fromPort"] <= 443 <= rule.inputs["toPort"]
        and clients.subnet_of(ipaddress.ip_network(rule.inputs["cidrIpv4"]))  # pyright: ignore[reportArgumentType]
        for rule in declaration.all("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
        if "cidrIpv4" in rule.inputs
    )


def _s3_gateway(declaration: Declaration, subnet: str, bucket: str) -> bool:
    table = _route_table(declaration, subnet)
    return any(
        endpoint.inputs["vpcEndpointType"] == "Gateway"
        and endpoint.inputs["serviceName"] == f"com.amazonaws.{REGION}.s3"
        and table in endpoint.inputs["routeTableIds"]
        and _lets_through(declaration, endpoint, bucket)
        for endpoint in declaration.all(_ENDPOINT)
    )


def _lets_through(declaration: Declaration, endpoint: Resource, bucket: str) -> bool:
    """Without a policy, an endpoint lets everything through. With one, all that is needed of the bucket must pass."""
    if endpoint.id not in {policy.inputs["vpcEndpointId"] for policy in declaration.all(_POLICY)}:
        return True
    stack = Stack(declaration)
    requests = [each for each in needed(stack) if each.resource.partition("/")[0] == stack.bucket(bucket)]
    return bool(requests) and granted(requests, declared(declaration)) == requests


def _way_to_the_internet(declaration: Declaration, subnet: str) -> bool:
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
    (found,) = [resource for resource in declaration.all(type_) if resource.id == id_]
    return found


def _aws_commands(script: str) -> set[str]:
    """The services that a script calls by the AWS CLI."""
    return set(re.findall(r"\baws ([a-z0-9-]+) [a-z]", script))
