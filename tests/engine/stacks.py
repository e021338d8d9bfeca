"""Where the stacks' programs are, and a deployed stack together with its AWS account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation.declared import Declaration
from tests.engine.commands import run, stack_declaration

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = Path(__file__).parent / "programs"
REGION = "us-west-2"  # aws:region in Pulumi.dev.yaml and Pulumi.prod.yaml

CreateStack = Callable[[Path, str], auto.Stack]
"""Creates a stack from a project's folder and the stack's name, without deploying it."""


@dataclass(frozen=True)
class DeployedStack:
    """A deployed stack, alone in its AWS account.

    Attributes:
        stack: the stack.
        declaration: its resources and outputs after the first deployment.
        api: the account's API.
    """

    stack: auto.Stack
    declaration: Declaration
    api: AwsApi

    def aws(self, service: str) -> Any:
        """A boto3 client of the account."""
        return self.api.client(service, REGION)


def create(project: Path, name: str, api: AwsApi, folder: Path, *, passphrase: str = "") -> auto.Stack:
    """Create a stack, the prod stack without a replica bucket. See `engine.create_stack`, `require_capable_plugin`."""
    stack = engine.create_stack(project, name, api, folder, passphrase=passphrase)
    if (project, name) == (ROOT, "prod"):
        stack.remove_config("registry:replicaRegion")
    return stack


@dataclass(frozen=True)
class Incapability:
    """What an AWS plugin on the PATH may be unable to deploy.

    Attributes:
        message: what it says then.
        reason: why it is unable.
        permissions: the deployer's policy document that no test requires then.
    """

    message: str
    reason: str
    permissions: str


INCAPABILITIES = (
    Incapability(
        'Can\'t configure a value for "region"',
        "the AWS plugin on the PATH is older than version 7: no resource has a Region",
        "deployer-policy-replica.json",
    ),
    Incapability(
        "an object is required (at timeouts)",
        "the AWS plugin on the PATH takes a Lambda function's timeout for Terraform's block of timeouts",
        "deployer-policy-access.json",
    ),
)


def require_capable_plugin(stack: auto.Stack) -> None:
    """Skip the test of a stack that the AWS plugin on the PATH cannot deploy, with the reason."""
    try:
        run(stack.preview)
    except auto.CommandError as error:
        for each in INCAPABILITIES:
            if each.message in str(error):
                pytest.skip(each.reason)
        raise


def deploy(stack: auto.Stack, api: AwsApi) -> DeployedStack:
    """Run the first `pulumi up` of a stack."""
    run(stack.up)
    return DeployedStack(stack, stack_declaration(stack), api)
