"""What changes when a setting does, one after the other on one dev stack: nothing with data or a name is replaced."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.conftest import ROOT
from tests.engine.steps import changed, done, exported, label, run

_PASSWORDS = {"alice": "correct horse battery", "bob": "staple of the other one"}
_ZONES = ("us-west-2a", "us-west-2b")
_TAGGED = (
    *(f"Bucket registry-{role}" for role in ("images", "bootstrap", "logs")),
    "Vpc registry-vpc",
    "DefaultSecurityGroup registry-default",
    "InternetGateway registry-internet",
    "VpcEndpoint registry-s3",
    "RouteTable registry-public",
    *(f"RouteTable registry-private-{zone}" for zone in _ZONES),
    *(f"Subnet registry-{kind}-{zone}" for kind in ("public", "private") for zone in _ZONES),
    *(f"SecurityGroup registry-{role}" for role in ("alb", "instances")),
    "SecurityGroupIngressRule registry-clients-0.0.0.0/0",
    "SecurityGroupIngressRule registry-instances-from-alb",
    "SecurityGroupEgressRule registry-alb-to-instances",
    "SecurityGroupEgressRule registry-instances-out",
    "ServerCertificate registry-certificate",
    "LoadBalancer registry-alb",
    "TargetGroup registry-tg",
    "Listener registry-https",
    "Cluster registry-cluster",
    *(f"Role registry-{role}" for role in ("instance", "execution", "task")),
    "InstanceProfile registry-instance",
    "LaunchTemplate registry-instance",
    "Group registry-instances",
    "CapacityProvider registry-capacity",
    "LogGroup registry-log",
    "Parameter registry-http-secret",
    "TaskDefinition registry-task",
    "Service registry-service",
)


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path) -> auto.Stack:
    """The dev stack, up."""
    selected = engine.create_stack(ROOT, "dev", api, folder / "dev")
    run(selected.up)
    return selected


def test_instance_type(stack: auto.Stack) -> None:
    stack.set_config("registry:instanceType", auto.ConfigValue("m7g.large"))
    assert changed(run(stack.up)) == {
        "LaunchTemplate registry-instance": "update",
        "Group registry-instances": "update",
    }


def test_desired_count(stack: auto.Stack) -> None:
    stack.set_config("registry:desiredCount", auto.ConfigValue("3"))
    assert changed(run(stack.up)) == {"Service registry-service": "update"}


def test_first_users_take_the_place_of_the_generated_one(stack: auto.Stack) -> None:
    _set_password(stack, "alice")
    assert changed(run(stack.up)) == {
        "RandomBytes registry-user-alice": "create",
        "RandomBytes registry-user-docker": "delete",
        "RandomPassword registry-user-docker": "delete",
        "BucketObjectv2 registry-bootstrap-htpasswd": "update",
    }


def test_one_more_user(stack: auto.Stack) -> None:
    _set_password(stack, "bob")
    said = run(stack.up)
    told = "\n".join([exported(stack), *said.output])
    assert changed(said) == {
        "RandomBytes registry-user-bob": "create",
        "BucketObjectv2 registry-bootstrap-htpasswd": "update",
    }
    assert [user for user, password in _PASSWORDS.items() if password in told] == []
    has_hash = bool(re.search(r"\$2[aby]\$\d\d\$", told))
    assert not has_hash


def test_tags(stack: auto.Stack) -> None:
    stack.set_config("registry:tags.team", auto.ConfigValue("platform"), path=True)
    assert changed(run(stack.up)) == dict.fromkeys(_TAGGED, "update")


@pytest.mark.parametrize(
    ("image", "given", "taken"), [("registry:3", "task", "instance"), ("registry:2", "instance", "task")]
)
def test_image(stack: auto.Stack, image: str, given: str, taken: str) -> None:
    """With registry:3, the S3 permission goes from the instances to the task, and IMDSv2 is required."""
    stack.set_config("registry:image", auto.ConfigValue(image))
    said = run(stack.up)
    assert changed(said) == {
        f"RolePolicy registry-{given}-images": "create",
        f"RolePolicy registry-{taken}-images": "delete",
        "LaunchTemplate registry-instance": "update",
        "Group registry-instances": "update",
        # A revision: task definitions never change. The service goes over to it.
        "TaskDefinition registry-task": "replace",
        "Service registry-service": "update",
    }
    order = [label(step.urn) for _, step in done(said) if step.op != auto.OpType.SAME]
    permitted, refreshing, serving, refused = map(
        order.index,
        (
            f"RolePolicy registry-{given}-images",
            "Group registry-instances",
            "Service registry-service",
            f"RolePolicy registry-{taken}-images",
        ),
    )
    # The new tasks may reach S3 before they start, the old ones until the service is steady without them. The refresh
    # has begun by then: registry:2 waits for its instances.
    assert permitted < serving < refused
    assert refreshing < serving


def test_each_refresh_ended_the_one_before(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    autoscaling = aws("autoscaling")
    name = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["AutoScalingGroupName"]
    refreshes = autoscaling.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]
    assert [refresh["Status"] for refresh in refreshes] == ["InProgress", *["Cancelled"] * 3]


def test_deployment_that_is_rolled_back_is_an_error_and_takes_nothing(
    stack: auto.Stack, aws: Callable[[str], Any]
) -> None:
    """With registry:3, the permission on the images bucket would leave the instances, where the old tasks need it."""
    stack.set_config("registry:image", auto.ConfigValue("registry:3-missing"))
    with pytest.raises(auto.CommandError, match=r"ECS rolled the service .* back"):
        run(stack.up)
    iam = aws("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("registry-instance")]
    policies = [policy for role in roles for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]]
    assert [policy for policy in policies if policy.startswith("registry-instance-images")]
    stack.set_config("registry:image", auto.ConfigValue("registry:2"))
    run(stack.up)


def test_then_nothing_is_left_to_change(stack: auto.Stack) -> None:
    assert changed(run(stack.preview)) == {}


def _set_password(stack: auto.Stack, user: str) -> None:
    stack.set_config(f"registry:users.{user}", auto.ConfigValue(_PASSWORDS[user], secret=True), path=True)
