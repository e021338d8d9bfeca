"""The load balancer, its listener and its target group."""

from typing import Any

import pulumi
import pytest

from components.load_balancer import LoadBalancer, LoadBalancerArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, differences

ALB, TARGETS = "aws:lb/loadBalancer:LoadBalancer", "aws:lb/targetGroup:TargetGroup"
LISTENER = "aws:lb/listener:Listener"


def declared(declare: Declare, deletion_protection: bool) -> Declaration:
    args = LoadBalancerArgs(
        vpc_id="vpc-1",
        subnet_ids=["subnet-1", "subnet-2"],
        certificate_arn="arn:certificate",
        security_group_id="sg-1",
        access_log_bucket="logs",
        deletion_protection=deletion_protection,
    )

    def program() -> None:
        created = LoadBalancer("net", args)
        pulumi.export("dnsName", created.dns_name)
        pulumi.CustomResource("test:index:Probe", "probe", {"targets": created.target_group_arn})

    return declare(program)


@pytest.fixture(scope="module")
def balancer(declare: Declare) -> Declaration:
    return declared(declare, deletion_protection=False)


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (
            ALB,
            {
                "loadBalancerType": "application",
                "subnets": ["subnet-1", "subnet-2"],
                "securityGroups": ["sg-1"],
                "idleTimeout": 300,
                "dropInvalidHeaderFields": True,
                "desyncMitigationMode": "defensive",
                "accessLogs": {"bucket": "logs", "prefix": "load-balancer", "enabled": True},
            },
        ),
        (
            TARGETS,
            {
                "protocol": "HTTPS",
                "port": 443,
                "targetType": "instance",
                "vpcId": "vpc-1",
                "deregistrationDelay": 120,
            },
        ),
        (
            LISTENER,
            {
                "protocol": "HTTPS",
                "port": 443,
                "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
                "certificateArn": "arn:certificate",
            },
        ),
    ],
    ids=["load balancer", "target group", "listener"],
)
def test_properties(balancer: Declaration, type_: str, expected: dict[str, Any]) -> None:
    assert differences(balancer.one(type_).inputs, expected) == {}


def test_health_check_expects_401(balancer: Declaration) -> None:
    check = balancer.one(TARGETS).inputs["healthCheck"]
    assert differences(check, {"protocol": "HTTPS", "path": "/v2/", "matcher": "401"}) == {}


def test_health_check_tolerates_a_busy_replica_and_finds_a_dead_instance(balancer: Declaration) -> None:
    """A check waits behind the requests of a flood, up to 3.7 s (`tests/sandbox/test_attacks.py`)."""
    check = balancer.one(TARGETS).inputs["healthCheck"]
    interval, timeout, failures = check["interval"], check["timeout"], check["unhealthyThreshold"]
    assert timeout < interval
    assert timeout >= 9
    assert interval * failures + timeout <= 30


def test_listener_forwards_to_the_target_group(balancer: Declaration) -> None:
    listener, targets = balancer.one(LISTENER).inputs, balancer.one(TARGETS)
    assert listener["loadBalancerArn"] == balancer.one(ALB).outputs["arn"]
    assert listener["defaultActions"] == [{"type": "forward", "targetGroupArn": targets.outputs["arn"]}]


@pytest.mark.parametrize("protected", [True, False])
def test_deletion_protection_is_configurable(declare: Declare, protected: bool) -> None:
    assert declared(declare, protected).one(ALB).inputs["enableDeletionProtection"] is protected


def test_target_group_output_depends_on_the_listener(balancer: Declaration) -> None:
    probe = balancer.one("test:index:Probe")
    assert probe.inputs["targets"] == balancer.one(TARGETS).outputs["arn"]
    assert balancer.one(LISTENER).urn in probe.dependencies


def test_dns_name_is_the_one_from_aws(balancer: Declaration) -> None:
    assert balancer.exports["dnsName"] == balancer.one(ALB).outputs["dnsName"]
