"""Resource options of the component apply to its resources. The tests build on each other."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import run
from tests.engine.queries import AwsClients, auto_scaling_group, launch_template_data
from tests.engine.stacks import PROGRAMS, CreateStack


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack) -> auto.Stack:
    """The deployed stack, its component being named "docker"."""
    stack = create_stack(PROGRAMS / "options", "test")
    run(stack.up)
    return stack


def test_transform_applies_to_every_role(stack: auto.Stack, aws: AwsClients) -> None:
    iam = aws("iam")
    names = [role["RoleName"] for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("docker-")]
    roles = [iam.get_role(RoleName=name)["Role"] for name in names]
    assert [role["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in roles] == [
        "arn:aws:iam::aws:policy/PowerUserAccess"
    ] * 3


def test_default_tags_apply_to_instances_volumes_and_interfaces(stack: auto.Stack, aws: AwsClients) -> None:
    group = auto_scaling_group(aws)
    template = group["LaunchTemplate"]
    data = launch_template_data(aws, template["LaunchTemplateId"], template["Version"])
    company_by_type = {
        specification["ResourceType"]: {tag["Key"]: tag["Value"] for tag in specification["Tags"]}["company"]
        for specification in data["TagSpecifications"]
    }
    propagated = {tag["Key"]: tag["Value"] for tag in group["Tags"] if tag["PropagateAtLaunch"]}
    assert propagated["company"] == "example.com"
    assert company_by_type == dict.fromkeys(("instance", "volume", "network-interface"), "example.com")
    assert run(stack.preview).changes == {}


def test_renamed_component_with_an_alias_replaces_nothing(stack: auto.Stack) -> None:
    stack.set_config("name", auto.ConfigValue("images"))
    changes = run(stack.up).changes

    assert set(changes.values()) == {"update"}  # of tags
    assert run(stack.preview).changes == {}


def test_protect_applies_to_the_buckets(stack: auto.Stack) -> None:
    stack.set_config("protect", auto.ConfigValue("true"))
    run(stack.up)

    with pytest.raises(auto.CommandError, match="protected"):
        run(stack.destroy, preview_only=True)


def test_retained_buckets_exist_after_destroy(stack: auto.Stack, aws: AwsClients) -> None:
    stack.set_config("protect", auto.ConfigValue("false"))
    stack.set_config("retainOnDelete", auto.ConfigValue("true"))
    run(stack.up)
    bucket = stack.outputs()["bucket"].value

    run(stack.destroy)

    assert bucket in [each["Name"] for each in aws("s3").list_buckets()["Buckets"]]
