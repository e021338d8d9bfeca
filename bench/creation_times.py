"""How long AWS takes for what a registry is made of.

No AWS account was at hand: these are what others' logs tell, as they were pasted, and where there were none, estimates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.evaluation.declared import Resource

_LOGS = "`terraform apply` logs pasted in public repositories"
_SHORT = "estimate: one or two calls"
_WAITER = "the AWS provider's own wait, seen on the engine"
_LOCAL = "made by the program's own machine"


@dataclass(frozen=True)
class Time:
    """Seconds, and how they are known.

    Attributes:
        low: if all goes well.
        high: if not, short of a fault.
    """

    low: float
    typical: float
    high: float
    source: str


_SECONDS: Mapping[str, Time] = {
    "aws:acm/certificateValidation:CertificateValidation": Time(
        30, 120, 600, "estimate; AWS says several minutes (ACM User Guide, DNS validation)"
    ),
    "aws:autoscaling/group:Group": Time(
        70, 100, 180, f"{_LOGS}: 41 to 47 s until instances run (8 logs); and our boot script, an estimate"
    ),
    "aws:ec2/natGateway:NatGateway": Time(85, 110, 125, f"{_LOGS}: 85 to 125 s (8 logs)"),
    "aws:ec2/vpc:Vpc": Time(11, 12, 15, f"{_LOGS}: 11 to 15 s (7 logs)"),
    "aws:ecs/capacityProvider:CapacityProvider": Time(1, 2, 10, "estimate"),
    "aws:ecs/cluster:Cluster": Time(10, 11, 12, f"{_LOGS}: 10 to 12 s (4 logs)"),
    "aws:ec2/launchTemplate:LaunchTemplate": Time(5, 6, 10, f"5 s: {_WAITER}"),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Time(10, 11, 20, f"10 s: {_WAITER}"),
    "aws:ecs/service:Service": Time(
        60, 90, 180, "estimate: a task placed, its image pulled, two health checks 10 s apart, the steady state seen"
    ),
    "aws:iam/instanceProfile:InstanceProfile": Time(5, 6, 10, f"5 s: {_WAITER}"),
    "aws:lb/loadBalancer:LoadBalancer": Time(135, 150, 190, f"{_LOGS}: 135 to 187 s (6 logs)"),
    "aws:route53/record:Record": Time(30, 35, 60, "estimate; Route 53 says 60 s at most (FAQs)"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Time(
        31, 55, 60, f"55 s: {_WAITER}; older ones took 31 s (hashicorp/terraform-provider-aws#23352)"
    ),
}
_INTERFACE = Time(60, 90, 120, "estimate")
_GATEWAY = Time(5, 6, 10, f"5 s: {_WAITER}")
_OTHER = Time(1, 1, 5, _SHORT)
_NOTHING = Time(0, 0, 0, _LOCAL)


def creation_time(resource: Resource) -> Time:
    """How long it takes to make it."""
    if not resource.type.startswith("aws:"):
        return _NOTHING
    if resource.type == "aws:ec2/vpcEndpoint:VpcEndpoint":
        return _INTERFACE if resource.inputs.get("vpcEndpointType") == "Interface" else _GATEWAY
    return _SECONDS.get(resource.type, _OTHER)
