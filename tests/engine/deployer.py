"""Compare the IAM actions that the tests' calls require with those that docs/deployer-policy*.json allow.

If a call requires a new action, add it to a policy document. An action that no call shows also goes into
`_UNRECORDED`, with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sandbox.aws.api_calls import Call, logged_calls

_DOCUMENTS = "deployer-policy*.json"

# The prefix of a service's IAM actions, where it differs from the service's name in the log.
_PREFIXES = {"elbv2": "elasticloadbalancing", "awslambda": "lambda", "stepfunctions": "states"}
# The IAM actions of an S3 operation, where they differ from its name. DeleteObjects can delete versions too.
# Source: S3 User Guide, "Required permissions for Amazon S3 API operations".
_S3_ACTIONS = {
    "DeleteBucketEncryption": ("PutEncryptionConfiguration",),
    "DeleteBucketLifecycle": ("PutLifecycleConfiguration",),
    "DeleteBucketReplication": ("PutReplicationConfiguration",),
    "DeleteBucketMetricsConfiguration": ("PutMetricsConfiguration",),
    "DeleteBucketOwnershipControls": ("PutBucketOwnershipControls",),
    "DeleteBucketTagging": ("PutBucketTagging",),
    "DeleteObjects": ("DeleteObject", "DeleteObjectVersion"),
    "DeletePublicAccessBlock": ("PutBucketPublicAccessBlock",),
    "GetBucketAccelerateConfiguration": ("GetAccelerateConfiguration",),
    "GetBucketCors": ("GetBucketCORS",),
    "GetBucketEncryption": ("GetEncryptionConfiguration",),
    "GetBucketLifecycleConfiguration": ("GetLifecycleConfiguration",),
    "GetBucketMetricsConfiguration": ("GetMetricsConfiguration",),
    "GetBucketReplication": ("GetReplicationConfiguration",),
    "GetObjectLockConfiguration": ("GetBucketObjectLockConfiguration",),
    "GetPublicAccessBlock": ("GetBucketPublicAccessBlock",),
    "HeadBucket": ("ListBucket",),
    "HeadObject": ("GetObject",),
    "ListObjectVersions": ("ListBucketVersions",),
    "ListObjectsV2": ("ListBucket",),
    "PutBucketEncryption": ("PutEncryptionConfiguration",),
    "PutBucketLifecycleConfiguration": ("PutLifecycleConfiguration",),
    "PutBucketReplication": ("PutReplicationConfiguration",),
    "PutBucketMetricsConfiguration": ("PutMetricsConfiguration",),
    "PutPublicAccessBlock": ("PutBucketPublicAccessBlock",),
}
# AWS Budgets has one action to read and one to write. Source: Service Authorization Reference, AWS Budget Service.
_BUDGET_ACTIONS = {
    "CreateBudget": "ModifyBudget",
    "CreateNotification": "ModifyBudget",
    "CreateSubscriber": "ModifyBudget",
    "DeleteBudget": "ModifyBudget",
    "DeleteNotification": "ModifyBudget",
    "DescribeBudget": "ViewBudget",
    "DescribeNotificationsForBudget": "ViewBudget",
    "DescribeSubscribersForNotification": "ViewBudget",
    "UpdateBudget": "ModifyBudget",
}
_NOT_REQUIRED = {
    "iam:GetUser",  # the provider looks up the account with it; without permission it uses sts:GetCallerIdentity
    "sts:GetCallerIdentity",  # "No permissions are required" (STS API Reference)
    # For the examples' own resources: a hosted zone, and a secret with a user's password.
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
# The actions that AWS checks in addition to a call's own, those that later versions of the provider call, and those of
# changes that no test makes. The value is the call or the change that requires the action.
_UNRECORDED = {
    "acm:AddTagsToCertificate": "RequestCertificate with tags",
    "application-autoscaling:TagResource": "RegisterScalableTarget with tags",
    # "Application Auto Scaling identity-based policy examples", Permissions required for API actions on target services
    # and CloudWatch (Application Auto Scaling User Guide).
    "cloudwatch:DeleteAlarms": "DeleteScalingPolicy",
    "cloudwatch:DescribeAlarms": "PutScalingPolicy",
    "cloudwatch:PutMetricAlarm": "PutScalingPolicy",
    "autoscaling:CancelInstanceRefresh": "a change while instances are being replaced",
    "autoscaling:DescribeInstanceRefreshes": "a change while instances are being replaced",
    "ec2:DisassociateAddress": "deleting an Elastic IP address that a refresh found associated",
    "ec2:ReplaceRoute": "a change of natGateways",
    "ec2:RunInstances": "CreateAutoScalingGroup and UpdateAutoScalingGroup with a launch template",
    "elasticloadbalancing:ModifyTargetGroup": "an upgrade that changes the health check",
    "elasticloadbalancing:SetSecurityGroups": "an upgrade that replaces a security group",
    "elasticloadbalancing:SetSubnets": "a change of availabilityZones",
    "iam:CreateServiceLinkedRole": "the account's first Auto Scaling Group, ECS cluster or load balancer",
    "iam:PassRole": "AddRoleToInstanceProfile, CreateFunction, CreateSchedule, CreateStateMachine,"
    " PutBucketReplication, RegisterTaskDefinition, a launch template with an instance profile",
    "iam:UpdateAssumeRolePolicy": "an upgrade that changes a role's trust policy",
    "logs:CreateLogDelivery": "CreateFlowLogs to S3",
    "logs:DeleteLogDelivery": "DeleteFlowLogs",
    "route53:AssociateVPCWithHostedZone": "CreateVpcEndpoint with private DNS",
    "s3:ListTagsForResource": "Terraform's AWS provider since 6.23 (terraform-provider-aws#45251)",
    "s3:TagResource": "Terraform's AWS provider since 6.23 (terraform-provider-aws#45251)",
    "s3:UntagResource": "Terraform's AWS provider since 6.23 (terraform-provider-aws#45251)",
    # How AWS WAF works with IAM, "Actions that require additional permissions settings" (AWS WAF Developer Guide).
    "elasticloadbalancing:CreateWebACLAssociation": "AssociateWebACL",
    "elasticloadbalancing:DeleteWebACLAssociation": "DisassociateWebACL",
    "elasticloadbalancing:GetLoadBalancerWebACL": "GetWebACLForResource",
    "wafv2:TagResource": "CreateWebACL with tags",
    "wafv2:UpdateWebACL": "a change of rateLimit",
    "iam:ListServerCertificates": "monitoring of a certificateArn in IAM",
    "kms:PutKeyPolicy": "a monthlyBudget that is added later",
    "kms:TagResource": "CreateKey with tags",
    "lambda:TagResource": "CreateFunction with tags",
    # Lambda API Reference, CreateFunction and UpdateFunctionCode with S3ObjectVersion: Lambda reads for the caller.
    "s3:GetObjectVersion": "CreateFunction with code in S3",
    "sns:SetSubscriptionAttributes": "an upgrade that changes the subscription",
    "budgets:TagResource": "CreateBudget with tags",
    "events:TagResource": "PutRule with tags",
    "sns:TagResource": "CreateTopic with tags",
    "cloudwatch:TagResource": "PutMetricAlarm with tags",
    "ssm:GetParameters": "a launch template whose AMI is resolve:ssm:...",
    "acm:RemoveTagsFromCertificate": "removing a tag",
    "application-autoscaling:UntagResource": "removing a tag",
    "autoscaling:DeleteTags": "removing a tag",
    "budgets:UntagResource": "removing a tag",
    "cloudwatch:UntagResource": "removing a tag",
    "ec2:DeleteTags": "removing a tag",
    "ecs:UntagResource": "removing a tag",
    "elasticloadbalancing:RemoveTags": "removing a tag",
    "events:UntagResource": "removing a tag",
    "iam:UntagInstanceProfile": "removing a tag",
    "iam:UntagRole": "removing a tag",
    "iam:UntagServerCertificate": "removing a tag",
    "kms:UntagResource": "removing a tag",
    "lambda:UntagResource": "removing a tag",
    "logs:UntagResource": "removing a tag",
    "sns:UntagResource": "removing a tag",
    "ssm:RemoveTagsFromResource": "removing a tag",
    "scheduler:TagResource": "CreateScheduleGroup with tags",
    "scheduler:UntagResource": "removing a tag",
    "scheduler:UpdateSchedule": "a change of patchSchedule",
    "states:TagResource": "CreateStateMachine with tags",
    "states:UntagResource": "removing a tag",
    "wafv2:UntagResource": "removing a tag",
}


def required_actions(calls: Iterable[Call]) -> set[str]:
    """The IAM actions that the calls of Pulumi programs require. The tests' own calls use boto3 and do not count."""
    calls = [call for call in calls if not call.client.startswith("Boto3/")]
    return {action for call in calls for action in _actions(call)} - _NOT_REQUIRED


def _actions(call: Call) -> list[str]:
    names: tuple[str, ...] = (call.operation,)
    if call.service == "s3":
        names = _S3_ACTIONS.get(call.operation, names)
    if call.service == "budgets":
        names = (_BUDGET_ACTIONS.get(call.operation, call.operation),)
    return [f"{_PREFIXES.get(call.service, call.service)}:{name}" for name in names]


def allowed_actions(documents: str = _DOCUMENTS) -> set[str]:
    """The actions that the policy documents allow, or those whose names match a pattern."""
    return {action for statement in _statements(documents) for action in statement["Action"]}


def allowed_resources(*, region: str, account: str, name: str) -> set[str]:
    """The ARN patterns in the policy documents, other than "*", with these values for the placeholders."""
    values = {"REGION": region, "ACCOUNT_ID": account, "NAME": name}
    resources = {
        re.sub("|".join(values), lambda found: values[found[0]], resource)
        for statement in _statements(_DOCUMENTS)
        for resource in statement["Resource"]
    }
    return resources - {"*"}


def _statements(documents: str) -> Iterator[dict[str, Any]]:
    for document in sorted((Path(__file__).parents[2] / "docs").glob(documents)):
        yield from json.loads(document.read_text())["Statement"]


class Permissions:
    """The permissions that a test run requires.

    Attributes:
        required: the IAM actions.
    """

    required: set[str]

    def __init__(self) -> None:
        self.required = set()

    def record(self, log: Path) -> None:
        """Add the calls in the log of an AWS API.

        Raises:
            AssertionError: a call requires an action that no policy document allows.
        """
        required = required_actions(logged_calls(log))
        self.required |= required
        missing = sorted(required - allowed_actions())
        assert missing == [], f"docs/deployer-policy*.json do not allow {', '.join(missing)}"

    def unused(self) -> list[str]:
        """The allowed actions that no call required and `_UNRECORDED` does not list."""
        return sorted(allowed_actions() - self.required - _UNRECORDED.keys())
