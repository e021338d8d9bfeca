"""A registry whose AWS provider depends on a resource of the same program."""

from __future__ import annotations

import pytest
from pulumi import automation as auto

from tests.engine.commands import run, run_failing
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients, launch_template_data
from tests.engine.stacks import PROGRAMS, CreateStack


@pytest.fixture(scope="module")
def stack(create_stack: CreateStack, empty_account: set[str]) -> auto.Stack:
    return create_stack(PROGRAMS / "unknown_provider", "test")


def test_first_preview_names_the_options_to_set(stack: auto.Stack) -> None:
    stack.set_config("given", auto.ConfigValue("false"))
    [error] = run_failing(stack.preview).errors
    assert [line.split(":")[0].strip() for line in error.splitlines() if "is not known: AWS was not asked" in line] == [
        *("region", "account_id", "availability_zone_names"),
    ]
    assert "Traceback" not in error


def test_first_preview_with_the_options_shows_every_resource(stack: auto.Stack) -> None:
    stack.set_config("given", auto.ConfigValue("true"))
    changes = run(stack.preview).changes
    assert set(changes.values()) == {"create"}
    assert changes["PrivateRegistry images"] == changes["Service images-service"] == "create"


def test_deployment_uses_the_configured_provider(stack: auto.Stack, aws: AwsClients) -> None:
    run(stack.up)
    outputs = stack.outputs()
    registry = outputs["registry"].value
    [template] = aws("ec2").describe_launch_templates()["LaunchTemplates"]
    specifications = launch_template_data(aws, template["LaunchTemplateId"])["TagSpecifications"]
    owners = {tag["Value"] for each in specifications for tag in each["Tags"] if tag["Key"] == "owner"}
    assert owners == {outputs["owner"].value}
    policy = aws("s3").get_bucket_policy(Bucket=registry["logsBucketName"])["Policy"]
    assert f"/AWSLogs/{outputs['owner'].value.split(':')[4]}/" in policy


def test_second_preview_has_no_changes(stack: auto.Stack) -> None:
    assert run(stack.preview).changes == {}


def test_options_are_not_needed_once_the_provider_is_configured(stack: auto.Stack) -> None:
    stack.set_config("given", auto.ConfigValue("false"))
    assert run(stack.preview).changes == {}


def test_destroy_deletes_everything(stack: auto.Stack, aws: AwsClients, empty_account: set[str]) -> None:
    run(stack.destroy)
    assert inventory(aws) == empty_account
