"""Resource options of the component, which reach what it is made of. The tests stand in the order of a stack's life."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.steps import changed, run

_PROGRAM = Path(__file__).parent / "programs" / "options"


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path) -> auto.Stack:
    """The program's stack, up, under the name of docker."""
    selected = engine.create_stack(_PROGRAM, "test", api, folder / "test")
    run(selected.up)
    return selected


def test_a_transform_reaches_every_role(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    names = [role["RoleName"] for role in aws("iam").list_roles()["Roles"] if role["RoleName"].startswith("docker-")]
    roles = [aws("iam").get_role(RoleName=name)["Role"] for name in names]
    assert [role["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in roles] == [
        "arn:aws:iam::aws:policy/PowerUserAccess"
    ] * 3


def test_default_tags_reach_instances_volumes_and_interfaces(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    [group] = aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    template = group["LaunchTemplate"]
    [version] = aws("ec2").describe_launch_template_versions(
        LaunchTemplateId=template["LaunchTemplateId"], Versions=[template["Version"]]
    )["LaunchTemplateVersions"]
    specified = {
        spec["ResourceType"]: {tag["Key"]: tag["Value"] for tag in spec["Tags"]}
        for spec in version["LaunchTemplateData"]["TagSpecifications"]
    }
    propagated = {tag["Key"]: tag["Value"] for tag in group["Tags"] if tag["PropagateAtLaunch"]}
    assert propagated["company"] == "example.com"
    assert {kind: tags["company"] for kind, tags in specified.items()} == dict.fromkeys(
        ("instance", "volume", "network-interface"), "example.com"
    )
    assert changed(run(stack.preview)) == {}


def test_with_an_alias_another_name_makes_nothing_anew(stack: auto.Stack) -> None:
    stack.set_config("name", auto.ConfigValue("images"))
    steps = changed(run(stack.up))
    assert set(steps.values()) == {"update"}  # of tags
    assert changed(run(stack.preview)) == {}


def test_protection_reaches_the_buckets(stack: auto.Stack) -> None:
    stack.set_config("protect", auto.ConfigValue("true"))
    run(stack.up)
    with pytest.raises(auto.CommandError, match="protected"):
        run(stack.destroy, preview_only=True)
    stack.set_config("protect", auto.ConfigValue("false"))


def test_buckets_that_are_retained_outlive_their_stack(stack: auto.Stack, aws: Callable[[str], Any]) -> None:
    stack.set_config("retainOnDelete", auto.ConfigValue("true"))
    run(stack.up)
    bucket = stack.outputs()["bucket"].value
    run(stack.destroy)
    assert bucket in [each["Name"] for each in aws("s3").list_buckets()["Buckets"]]
