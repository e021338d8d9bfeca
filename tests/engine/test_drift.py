"""Change resources outside of Pulumi: what `pulumi refresh` detects, and what `pulumi up` restores."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.commands import CommandOutput, run
from tests.engine.configuring import configured
from tests.engine.queries import auto_scaling_group
from tests.engine.stacks import DeployedStack

_SSH = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_ADDED_POLICY = "added-by-hand"
_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
_DELETED = {
    "BucketObjectv2 registry-bootstrap-htpasswd",
    "BucketPublicAccessBlock registry-images",
    "RolePolicy registry-instance-bootstrap",
    "SecurityGroupIngressRule registry-instances-from-alb",
}
_MODIFIED = {"DefaultSecurityGroup registry-default", "Service registry-service"}


@pytest.fixture(scope="module")
def before(dev: DeployedStack) -> dict[str, Any]:
    return _described(dev)


@pytest.fixture(scope="module")
def refresh(dev: DeployedStack, before: dict[str, Any]) -> CommandOutput:
    """The refresh after resources were changed."""
    _change_resources(dev)
    return run(dev.stack.refresh)


@pytest.fixture(scope="module")
def up(dev: DeployedStack, refresh: CommandOutput) -> CommandOutput:
    return run(dev.stack.up)


def test_up_keeps_the_capacity_that_ecs_chose(dev: DeployedStack) -> None:
    _scale(dev, 3)

    with configured(dev.stack, {"desiredCapacity": "4"}):
        changes = run(dev.stack.up).changes

    assert changes == {}
    assert auto_scaling_group(dev.aws)["DesiredCapacity"] == 3
    _scale(dev, 2)


def test_refresh_detects_deleted_and_modified_resources(refresh: CommandOutput) -> None:
    assert refresh.changes == {**dict.fromkeys(_DELETED, "delete"), **dict.fromkeys(_MODIFIED, "update")}


def test_up_restores_deleted_and_modified_resources(
    dev: DeployedStack, up: CommandOutput, before: dict[str, Any]
) -> None:
    assert up.changes == {**dict.fromkeys(_DELETED, "create"), **dict.fromkeys(_MODIFIED, "update")}
    assert _described(dev) == before


def test_added_rules_and_policies_are_not_detected(dev: DeployedStack, up: CommandOutput) -> None:
    rules = _ingress_rules(dev, _instances_group(dev))
    policies = dev.aws("iam").list_role_policies(RoleName=_instance_role(dev))["PolicyNames"]
    assert [(rule["FromPort"], rule["IpRanges"]) for rule in rules if _is_ssh(rule)] == [(22, _SSH["IpRanges"])]
    assert _ADDED_POLICY in policies
    assert run(dev.stack.preview).changes == {}


def _change_resources(dev: DeployedStack) -> None:
    ec2, s3, iam, exports = dev.aws("ec2"), dev.aws("s3"), dev.aws("iam"), dev.declaration.exports
    from_alb = _id(dev, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "registry-instances-from-alb")
    policy = _id(dev, "aws:iam/rolePolicy:RolePolicy", "registry-instance-bootstrap").rpartition(":")[2]
    # Add:
    for group in (_instances_group(dev), _default_group(dev)):
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[_SSH])
    iam.put_role_policy(RoleName=_instance_role(dev), PolicyName=_ADDED_POLICY, PolicyDocument=_POLICY)
    # Modify:
    dev.aws("ecs").update_service(cluster=exports["clusterName"], service=exports["serviceName"], desiredCount=5)
    # Delete:
    ec2.revoke_security_group_ingress(GroupId=_instances_group(dev), SecurityGroupRuleIds=[from_alb])
    iam.delete_role_policy(RoleName=_instance_role(dev), PolicyName=policy)
    s3.delete_object(Bucket=_bootstrap_bucket(dev), Key="htpasswd")
    s3.delete_public_access_block(Bucket=exports["bucketName"])


def _described(dev: DeployedStack) -> dict[str, Any]:
    """What AWS reports of the changed resources, without the added rule and policy of the instances."""
    s3, exports = dev.aws("s3"), dev.declaration.exports
    services = dev.aws("ecs").describe_services(cluster=exports["clusterName"], services=[exports["serviceName"]])
    [service] = services["services"]
    policies = dev.aws("iam").list_role_policies(RoleName=_instance_role(dev))["PolicyNames"]
    return {
        "public access block": s3.get_public_access_block(Bucket=exports["bucketName"])[
            "PublicAccessBlockConfiguration"
        ],
        "desired count": service["desiredCount"],
        "default group": _ingress_rules(dev, _default_group(dev)),
        "htpasswd": s3.get_object(Bucket=_bootstrap_bucket(dev), Key="htpasswd")["Body"].read(),
        "instances group": [rule for rule in _ingress_rules(dev, _instances_group(dev)) if not _is_ssh(rule)],
        # Pulumi's auto-naming adds a random suffix, such as registry-instance-ecs-1a2b3c4.
        "policies": sorted(name.rpartition("-")[0] for name in policies if name != _ADDED_POLICY),
    }


def _ingress_rules(dev: DeployedStack, group: str) -> list[dict[str, Any]]:
    [found] = dev.aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return found["IpPermissions"]


def _is_ssh(rule: dict[str, Any]) -> bool:
    return rule["FromPort"] == _SSH["FromPort"]


def _scale(dev: DeployedStack, count: int) -> None:
    """Set the desired capacity, as ECS does."""
    name = auto_scaling_group(dev.aws)["AutoScalingGroupName"]
    dev.aws("autoscaling").set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=count)


def _instance_role(dev: DeployedStack) -> str:
    return _id(dev, "aws:iam/role:Role", "registry-instance")


def _bootstrap_bucket(dev: DeployedStack) -> str:
    return _id(dev, "aws:s3/bucket:Bucket", "registry-bootstrap")


def _instances_group(dev: DeployedStack) -> str:
    return _id(dev, "aws:ec2/securityGroup:SecurityGroup", "registry-instances")


def _default_group(dev: DeployedStack) -> str:
    return _id(dev, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "registry-default")


def _id(dev: DeployedStack, type_: str, name: str) -> str:
    return dev.declaration.one(type_, name).id
