"""How long AWS takes to create the resources of a registry.

There was no AWS account: these are the times in logs that others published, and estimates where there are none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.evaluation.declared import Resource

_LOGS = "`terraform apply` logs in public repositories"
_WAITER = "the AWS provider's own wait, seen in the engine tests"


@dataclass(frozen=True)
class Time:
    """The seconds that a creation takes.

    Attributes:
        low: If all goes well.
        high: The longest without a fault.
        source: How the times are known.
    """

    low: float
    typical: float
    high: float
    source: str


_BY_TYPE: Mapping[str, Time] = {
    "aws:acm/certificateValidation:CertificateValidation": Time(
        30, 120, 600, "estimate; AWS says several minutes (ACM User Guide, DNS validation)"
    ),
    "aws:autoscaling/group:Group": Time(
        70, 100, 180, f"{_LOGS}: 41 to 47 s until instances run (8 logs); the boot script is an estimate"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Time(5, 6, 10, f"5 s: {_WAITER}"),
    "aws:ec2/natGateway:NatGateway": Time(85, 110, 125, f"{_LOGS}: 85 to 125 s (8 logs)"),
    "aws:ec2/vpc:Vpc": Time(11, 12, 15, f"{_LOGS}: 11 to 15 s (7 logs)"),
    "aws:ecs/capacityProvider:CapacityProvider": Time(1, 2, 10, "estimate"),
    "aws:ecs/cluster:Cluster": Time(10, 11, 12, f"{_LOGS}: 10 to 12 s (4 logs)"),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Time(10, 11, 20, f"10 s: {_WAITER}"),
    "aws:ecs/service:Service": Time(
        60, 90, 180, "estimate: task placement, image pull, two health checks 10 s apart, steady state"
    ),
    "aws:iam/instanceProfile:InstanceProfile": Time(5, 6, 10, f"5 s: {_WAITER}"),
    "aws:lb/loadBalancer:LoadBalancer": Time(135, 150, 190, f"{_LOGS}: 135 to 187 s (6 logs)"),
    "aws:route53/record:Record": Time(30, 35, 60, "estimate; Route 53 says 60 s at most (FAQs)"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Time(
        31, 55, 60, f"55 s: {_WAITER}; older versions took 31 s (hashicorp/terraform-provider-aws#23352)"
    ),
}
_INTERFACE_ENDPOINT = Time(60, 90, 120, "estimate")
_GATEWAY_ENDPOINT = Time(5, 6, 10, f"5 s: {_WAITER}")
_OTHER = Time(1, 1, 5, "estimate: one or two API calls")
_NOT_IN_AWS = Time(0, 0, 0, "created on the machine that runs the program")


def creation_time(resource: Resource) -> Time:
    if not resource.type.startswith("aws:"):
        return _NOT_IN_AWS
    if resource.type == "aws:ec2/vpcEndpoint:VpcEndpoint":
        return _INTERFACE_ENDPOINT if resource.inputs.get("vpcEndpointType") == "Interface" else _GATEWAY_ENDPOINT
    return _BY_TYPE.get(resource.type, _OTHER)
