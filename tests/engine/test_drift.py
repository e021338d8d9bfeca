"""Somebody changed things by hand in the account: what `refresh` and `up` put back, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation import stack_state
from tests.engine.configuring import configured
from tests.engine.conftest import ROOT, Deployed
from tests.engine.steps import Run, changed, run

_SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_BY_HAND = "by-hand"
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
_GONE = {
    "BucketObjectv2 registry-bootstrap-htpasswd",
    "BucketPublicAccessBlock registry-images",
    "RolePolicy registry-instance-images",
    "SecurityGroupIngressRule registry-instances-from-alb",
}
_ALTERED = {"DefaultSecurityGroup registry-default", "Service registry-service"}


@pytest.fixture(scope="module")
def dev(api: AwsApi, aws: Callable[[str], Any], folder: Path) -> Deployed:
    """The dev stack, up."""
    stack = engine.create_stack(ROOT, "dev", api, folder / "dev")
    run(stack.up)
    return Deployed(api, stack, stack_state.declaration(stack.export_stack().deployment), aws)


@pytest.fixture(scope="module")
def before(dev: Deployed) -> dict[str, Any]:
    return _facts(dev)


@pytest.fixture(scope="module")
def refreshed(dev: Deployed, before: dict[str, Any]) -> Run:
    """What a refresh says after somebody was at it."""
    _tamper(dev)
    return run(dev.stack.refresh)


@pytest.fixture(scope="module")
def up(dev: Deployed, refreshed: Run) -> Run:
    return run(dev.stack.up)


def test_what_ecs_scaled_is_left_alone(dev: Deployed) -> None:
    _scale(dev, 3)
    with configured(dev.stack, {"desiredCapacity": "4"}):
        steps = changed(run(dev.stack.up))
    assert steps == {}
    assert _group(dev)["DesiredCapacity"] == 3
    _scale(dev, 2)


def test_refresh_sees_what_was_taken_and_altered(refreshed: Run) -> None:
    seen = {resource: operation for resource, operation in changed(refreshed).items() if operation != "refresh"}
    assert seen == {**dict.fromkeys(_GONE, "delete"), **dict.fromkeys(_ALTERED, "update")}


def test_up_puts_it_back(dev: Deployed, up: Run, before: dict[str, Any]) -> None:
    assert changed(up) == {**dict.fromkeys(_GONE, "create"), **dict.fromkeys(_ALTERED, "update")}
    assert _facts(dev) == before


def test_what_was_added_beside_the_stacks_own_resources_is_not_seen(dev: Deployed, up: Run) -> None:
    rules = _rules(dev, _instances_group(dev))
    policies = dev.aws("iam").list_role_policies(RoleName=_role(dev))["PolicyNames"]
    assert [(rule["FromPort"], rule["IpRanges"]) for rule in rules if _is_ssh(rule)] == [(22, _SSH["IpRanges"])]
    assert _BY_HAND in policies
    assert changed(run(dev.stack.preview)) == {}


def _tamper(dev: Deployed) -> None:
    ec2, s3, iam, exports = dev.aws("ec2"), dev.aws("s3"), dev.aws("iam"), dev.declared.exports
    from_balancer = _id(dev, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "registry-instances-from-alb")
    policy = _id(dev, "aws:iam/rolePolicy:RolePolicy", "registry-instance-images").rpartition(":")[2]
    # Added:
    for group in (_instances_group(dev), _default_group(dev)):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_SSH])
    iam.put_role_policy(RoleName=_role(dev), PolicyName=_BY_HAND, PolicyDocument=_POLICY)
    # Altered:
    dev.aws("ecs").update_service(cluster=exports["clusterName"], service=exports["serviceName"], desiredCount=5)
    # Taken:
    ec2.revoke_security_group_ingress(GroupId=_instances_group(dev), SecurityGroupRuleIds=[from_balancer])
    iam.delete_role_policy(RoleName=_role(dev), PolicyName=policy)
    s3.delete_object(Bucket=_bootstrap(dev), Key="htpasswd")
    s3.delete_public_access_block(Bucket=exports["bucketName"])


def _facts(dev: Deployed) -> dict[str, Any]:
    """What must be as before, as AWS tells it."""
    s3, exports = dev.aws("s3"), dev.declared.exports
    [service] = dev.aws("ecs").describe_services(cluster=exports["clusterName"], services=[exports["serviceName"]])[
        "services"
    ]
    policies = dev.aws("iam").list_role_policies(RoleName=_role(dev))["PolicyNames"]
    return {
        "access": s3.get_public_access_block(Bucket=exports["bucketName"])["PublicAccessBlockConfiguration"],
        "count": service["desiredCount"],
        "default group": _rules(dev, _default_group(dev)),
        "htpasswd": s3.get_object(Bucket=_bootstrap(dev), Key="htpasswd")["Body"].read(),
        "instances' group": [rule for rule in _rules(dev, _instances_group(dev)) if not _is_ssh(rule)],
        # Auto-named: registry-instance-ecs-1a2b3c4.
        "policies": sorted(name.rpartition("-")[0] for name in policies if name != _BY_HAND),
    }


def _rules(dev: Deployed, group: str) -> list[dict[str, Any]]:
    """The ingress rules of a security group."""
    [found] = dev.aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return found["IpPermissions"]


def _is_ssh(rule: dict[str, Any]) -> bool:
    return rule["FromPort"] == _SSH["FromPort"]


def _group(dev: Deployed) -> dict[str, Any]:
    [group] = dev.aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return group


def _scale(dev: Deployed, count: int) -> None:
    """As ECS does."""
    name = _group(dev)["AutoScalingGroupName"]
    dev.aws("autoscaling").set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=count)


def _role(dev: Deployed) -> str:
    return _id(dev, "aws:iam/role:Role", "registry-instance")


def _bootstrap(dev: Deployed) -> str:
    return _id(dev, "aws:s3/bucket:Bucket", "registry-bootstrap")


def _instances_group(dev: Deployed) -> str:
    return _id(dev, "aws:ec2/securityGroup:SecurityGroup", "registry-instances")


def _default_group(dev: Deployed) -> str:
    return _id(dev, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "registry-default")


def _id(dev: Deployed, type_: str, name: str) -> str:
    return dev.declared.one(type_, name).id
