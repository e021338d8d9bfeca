"""Whatever key is changed, what holds data, a name or connections stays: asked of a preview for every key."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import yaml
from pulumi import automation as auto

from tests.engine.certificates import issue
from tests.engine.configuring import configured
from tests.engine.conftest import ROOT, Deployed
from tests.engine.steps import changed, run

_DOMAIN = "registry.example.com"
_KEPT = (
    "Vpc registry-vpc",
    "Bucket registry-images",
    "Bucket registry-bootstrap",
    "Bucket registry-logs",
    "LoadBalancer registry-alb",
    "TargetGroup registry-tg",
    "Cluster registry-cluster",
    "Group registry-instances",
    "CapacityProvider registry-capacity",
    "Service registry-service",
)
# The README names these keys: they would replace the load balancer, which prod protects, or the VPC.
_REFUSED = {"vpcCidr", "network", "internal", "clientsReachS3", "isolated"}


_AUTHORITY = issue("authority.example.com")
_ISSUED = issue(_DOMAIN, by=_AUTHORITY)
_INTERNAL = {"internal": "true"}
_CACHE = {"upstream": "https://registry-1.docker.io", "upstreamUsername": "alice", "upstreamPassword": "made-up"}
_PEMS = {"domain": _DOMAIN, "certificate": _ISSUED.pem, "privateKey": _ISSUED.key_pem}
_NETWORK = {
    # prod describes a new network.
    **{"availabilityZones": "2", "flowLogs": "false", "network.vpcId": "vpc-0123456789abcdef0"},
    **{f"network.publicSubnetIds[{n}]": f"subnet-0123456789abcdef{n}" for n in range(2)},
    **{f"network.privateSubnetIds[{n}]": f"subnet-0123456789abcde1{n}" for n in range(2)},
}
# For each key another value than that of the prod stack, with what it needs beside it.
_CHANGES: Mapping[str, Mapping[str, str]] = {
    "domain": {"domain": _DOMAIN},
    "image": {"image": "registry:2"},
    "users": {"users.alice": "correct horse battery"},
    "htpasswd": {"htpasswd": f"alice:$2y$05${'a' * 53}"},
    "certificate": _PEMS,
    "certificateChain": _PEMS | {"certificateChain": _AUTHORITY.pem},
    "privateKey": _PEMS,
    "certificateArn": {"domain": _DOMAIN, "certificateArn": "arn:aws:iam::123456789012:server-certificate/ours"},
    "hostedZone": {"domain": _DOMAIN, "hostedZone": "Z0123456789ABCDEFGHIJ"},
    "upstream": {"upstream": "https://registry-1.docker.io"},
    "upstreamUsername": _CACHE,
    "upstreamPassword": _CACHE,
    "instanceType": {"instanceType": "m7g.large"},
    "amiId": {"amiId": "ami-0123456789abcdef0"},
    "minSize": {"minSize": "1"},
    "maxSize": {"maxSize": "8"},
    "desiredCapacity": {"desiredCapacity": "3"},
    "desiredCount": {"desiredCount": "3"},
    "network": _NETWORK,
    "vpcCidr": {"vpcCidr": "10.1.0.0/16"},
    "availabilityZones": {"availabilityZones": "2"},
    "natGateways": {"natGateways": "none"},
    "isolated": {"isolated": "true", "image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/registry:3"},
    "internal": _INTERNAL,
    "clientsReachS3": _INTERNAL | {"clientsReachS3": "true"},
    "allowedCidrs": {"allowedCidrs[0]": "203.0.113.0/24"},
    "logRetentionDays": {"logRetentionDays": "30"},
    "flowLogs": {"flowLogs": "false"},
    "deletionProtection": {"deletionProtection": "false"},
    "forceDestroy": {"forceDestroy": "true"},
    "tags": {"tags.team": "platform"},
}
_WITHOUT_EFFECT = {"desiredCapacity"}  # ECS scales the group from its start on


def test_every_key_is_tried() -> None:
    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    assert _CHANGES.keys() == declared.keys()


@pytest.mark.parametrize("key", sorted(_REFUSED))
def test_replacement_is_refused(prod: Deployed, key: str) -> None:
    with configured(prod.stack, _CHANGES[key]), pytest.raises(auto.CommandError, match="cannot be declared"):
        run(prod.stack.preview)


@pytest.mark.parametrize("key", [key for key in _CHANGES if key not in _REFUSED])
def test_what_stays(prod: Deployed, key: str) -> None:
    with configured(prod.stack, _CHANGES[key]):
        steps = changed(run(prod.stack.preview))
    gone = {resource for resource in _KEPT if steps.get(resource, "update") != "update"}
    assert gone == set()
    assert bool(steps) == (key not in _WITHOUT_EFFECT)
