"""The deployer's policy documents cover the names of the prod stack's resources."""

from __future__ import annotations

import fnmatch

from tests.engine.deployer import allowed_resources
from tests.engine.stacks import REGION, DeployedStack

# EC2's ARNs contain generated IDs, and the documents identify Route 53's and ACM's resources by ID.
_SERVICES = {
    *("application-autoscaling", "autoscaling", "cloudwatch", "ecs", "elasticloadbalancing", "events", "iam"),
    *("logs", "s3", "sns", "ssm", "wafv2"),
}


def test_policy_documents_cover_every_named_resource(prod: DeployedStack) -> None:
    account = prod.aws("sts").get_caller_identity()["Account"]
    patterns = allowed_resources(region=REGION, account=account, name="registry")
    arns = {str(resource.outputs["arn"]) for resource in prod.declaration.resources if resource.outputs.get("arn")}
    # A scaling policy's own ARN is of no use: AWS authorizes its calls for the scalable target.
    named = [arn for arn in arns if arn.split(":")[2] in _SERVICES and ":scalingPolicy:" not in arn]
    assert {arn.split(":")[2] for arn in named} == _SERVICES
    assert [arn for arn in named if not any(fnmatch.fnmatchcase(arn, pattern) for pattern in patterns)] == []
