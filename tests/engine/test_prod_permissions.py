"""The prod stack's resources are those that the deployer's policy documents name."""

from __future__ import annotations

import fnmatch

from tests.engine.conftest import REGION, Deployed
from tests.engine.deployer import named_resources

# EC2 names its resources itself, and the others stand in Route 53's and ACM's statements by id.
_NAMED_SERVICES = ("autoscaling", "ecs", "elasticloadbalancing", "iam", "logs", "s3", "ssm")


def test_every_named_resource_is_in_a_statement(prod: Deployed) -> None:
    account = prod.aws("sts").get_caller_identity()["Account"]
    statements = named_resources(region=REGION, account=account, name="registry")
    arns = {str(resource.outputs["arn"]) for resource in prod.declared.resources if resource.outputs.get("arn")}
    named = [arn for arn in arns if arn.split(":")[2] in _NAMED_SERVICES]
    assert {arn.split(":")[2] for arn in named} == set(_NAMED_SERVICES)
    assert [arn for arn in named if not any(fnmatch.fnmatchcase(arn, pattern) for pattern in statements)] == []
