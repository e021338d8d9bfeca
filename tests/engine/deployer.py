"""The deployer's IAM permissions: what the tests' calls need, and what docs/deployer-policy*.json allow.

No call shows the actions that AWS checks beside it, and the provider of a real deployment is a later one than the
tests': these actions are listed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sandbox.aws.api_calls import Call, logged_calls

_DOCUMENTS = sorted((Path(__file__).parents[2] / "docs").glob("deployer-policy*.json"))

# IAM's name of a service, where it is not boto3's.
_PREFIXES = {"elbv2": "elasticloadbalancing"}
# Source: S3 User Guide, "Required permissions for Amazon S3 API operations". DeleteObjects deletes versions too.
_S3_ACTIONS = {
    "DeleteBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
    "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
    "DeleteBucketTagging": ("PutBucketTagging",),
    "DeleteObjects": ("DeleteObject", "DeleteObjectVersion"),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "GetBucketAccelerateConfiguration": ("GetAccelerateConfiguration",),
    "GetBucketCors": ("GetBucketCORS",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",),
    "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",),
    "GetBucketReplication": ("GetReplicationConfiguration",),
    "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "HeadBucket": ("ListBucket",),
    "HeadObject": ("GetObject",),
    "ListObjectVersions": ("ListBucketVersions",),
    "ListObjectsV2": ("ListBucket",),
    "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
}
_NOT_NEEDED = {
    "iam:GetUser",  # the provider asks for the account here first; refused, it asks sts:GetCallerIdentity
    "sts:GetCallerIdentity",  # "No permissions are required" (STS API Reference)
    # The examples' own: a hosted zone, and a secret that holds a user's password.
    "route53:CreateHostedZone",
    "route53:DeleteHostedZone",
    "route53:GetDNSSEC",
    "route53:ListTagsForResource",
    "secretsmanager:CreateSecret",
    "secretsmanager:DeleteSecret",
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
}
# What AWS checks beside the calls, what the provider of a real deployment calls, and what no test does to a stack.
_UNRECORDED = {
    "acm:AddTagsToCertificate": "RequestCertificate with tags",
    "autoscaling:CancelInstanceRefresh": "a change while instances are being replaced",
    "autoscaling:DescribeInstanceRefreshes": "a change while instances are being replaced",
    "ec2:DisassociateAddress": "an address that a refresh found in use",
    "ec2:ReplaceRoute": "a change of natGateways",
    "ec2:RunInstances": "CreateAutoScalingGroup and UpdateAutoScalingGroup with a launch template",
    "elasticloadbalancing:ModifyTargetGroup": "an upgrade that changes the health check",
    "elasticloadbalancing:SetSecurityGroups": "an upgrade that replaces a security group",
    "elasticloadbalancing:SetSubnets": "a change of availabilityZones",
    "iam:CreateServiceLinkedRole": "the account's first group, cluster or load balancer",
    "iam:PassRole": "AddRoleToInstanceProfile, RegisterTaskDefinition, a launch template with an instance profile",
    "iam:UpdateAssumeRolePolicy": "an upgrade that changes a role's trust policy",
    "logs:CreateLogDelivery": "CreateFlowLogs to S3",
    "logs:DeleteLogDelivery": "DeleteFlowLogs",
    "route53:AssociateVPCWithHostedZone": "CreateVpcEndpoint with private DNS",
    "s3:ListTagsForResource": "Terraform's AWS provider from 6.23 on (terraform-provider-aws#45251)",
    "s3:TagResource": "the same",
    "s3:UntagResource": "the same",
    "ssm:GetParameters": "a launch template whose AMI is resolve:ssm:...",
    "acm:RemoveTagsFromCertificate": "a tag that is removed",
    "autoscaling:DeleteTags": "a tag that is removed",
    "ec2:DeleteTags": "a tag that is removed",
    "ecs:UntagResource": "a tag that is removed",
    "elasticloadbalancing:RemoveTags": "a tag that is removed",
    "iam:UntagInstanceProfile": "a tag that is removed",
    "iam:UntagRole": "a tag that is removed",
    "iam:UntagServerCertificate": "a tag that is removed",
    "logs:UntagResource": "a tag that is removed",
    "ssm:RemoveTagsFromResource": "a tag that is removed",
}


def needed_actions(calls: Iterable[Call]) -> set[str]:
    """The IAM actions of the calls of programs; what the tests ask by boto3 is not a deployer's."""
    return {
        f"{_PREFIXES.get(call.service, call.service)}:{action}"
        for call in calls
        if not call.client.startswith("Boto3/")
        for action in (
            _S3_ACTIONS.get(call.operation, (call.operation,)) if call.service == "s3" else (call.operation,)
        )
    } - _NOT_NEEDED


def allowed_actions() -> set[str]:
    """The actions of all statements."""
    return {action for statement in _statements() for action in statement["Action"]}


def named_resources(*, region: str, account: str, name: str) -> set[str]:
    """The ARNs, with wildcards, that the statements name when the placeholders are replaced; "*" is left out."""
    values = {"REGION": region, "ACCOUNT_ID": account, "NAME": name}
    resources = {
        re.sub("|".join(values), lambda found: values[found[0]], resource)
        for statement in _statements()
        for resource in statement["Resource"]
    }
    return resources - {"*"}


def _statements() -> Iterator[dict[str, Any]]:
    for document in _DOCUMENTS:
        yield from json.loads(document.read_text())["Statement"]


class Permissions:
    """What the calls of a test run needed.

    Attributes:
        needed: the IAM actions.
    """

    needed: set[str]

    def __init__(self) -> None:
        self.needed = set()

    def record(self, log: Path) -> None:
        """Add the calls in an AWS API's log.

        Raises:
            AssertionError: a call needs an action that no document allows.
        """
        needed = needed_actions(logged_calls(log))
        self.needed |= needed
        lacking = sorted(needed - allowed_actions())
        assert lacking == [], f"docs/deployer-policy*.json lack {', '.join(lacking)}"

    def unneeded(self) -> list[str]:
        """The actions that the documents allow, no call needed, and no source names."""
        return sorted(allowed_actions() - self.needed - _UNRECORDED.keys())
