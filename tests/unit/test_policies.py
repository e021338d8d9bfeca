"""Exactly what each policy allows."""

import json
from typing import Any

import pytest

from components import policies
from components.location import Location
from tests.unit.helpers import BEIJING, OREGON

BUCKET = "arn:aws:s3:::images"
CLUSTER = "arn:aws:ecs:us-west-2:123456789012:cluster/images"
INSTANCES = "arn:aws:ecs:us-west-2:123456789012:container-instance/images/*"
GROUPS = "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:*:autoScalingGroupName/*"
LOG, PARAMETER = (
    "arn:aws:logs:us-west-2:123456789012:log-group:images",
    "arn:aws:ssm:us-west-2:123456789012:parameter/x",
)


def statements(document: str) -> list[dict[str, Any]]:
    return json.loads(document)["Statement"]


def allowed(document: str) -> set[tuple[str, str]]:
    """Pairs of action and resource."""
    assert all(statement["Effect"] == "Allow" for statement in statements(document))
    return {(a, r) for statement in statements(document) for a in statement["Action"] for r in statement["Resource"]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            policies.images_access(BUCKET),
            {
                ("s3:ListBucket", BUCKET),
                ("s3:GetBucketLocation", BUCKET),
                ("s3:ListBucketMultipartUploads", BUCKET),
                ("s3:PutObject", f"{BUCKET}/*"),
                ("s3:PutObjectAcl", f"{BUCKET}/*"),
                ("s3:GetObject", f"{BUCKET}/*"),
                ("s3:DeleteObject", f"{BUCKET}/*"),
                ("s3:ListMultipartUploadParts", f"{BUCKET}/*"),
                ("s3:AbortMultipartUpload", f"{BUCKET}/*"),
            },
        ),
        (policies.bootstrap_access(BUCKET), {("s3:ListBucket", BUCKET), ("s3:GetObject", f"{BUCKET}/*")}),
        (
            policies.container_instance(CLUSTER),
            {
                ("ecs:RegisterContainerInstance", CLUSTER),
                ("ecs:SubmitAttachmentStateChanges", CLUSTER),
                ("ecs:SubmitContainerStateChange", CLUSTER),
                ("ecs:SubmitTaskStateChange", CLUSTER),
                ("ecs:Poll", INSTANCES),
                ("ecs:StartTelemetrySession", INSTANCES),
                ("ecs:UpdateContainerInstancesState", INSTANCES),
                ("ecs:DiscoverPollEndpoint", "*"),
                ("ssm:UpdateInstanceInformation", "arn:aws:ec2:us-west-2:123456789012:instance/*"),
                ("ssmmessages:CreateControlChannel", "*"),
                ("ssmmessages:CreateDataChannel", "*"),
                ("ssmmessages:OpenControlChannel", "*"),
                ("ssmmessages:OpenDataChannel", "*"),
            },
        ),
        (
            policies.complete_launch(OREGON, "cluster", "images"),
            {
                ("autoscaling:CompleteLifecycleAction", GROUPS),
                ("autoscaling:DescribeAutoScalingInstances", "*"),
            },
        ),
        (
            policies.task_execution(LOG, [PARAMETER]),
            {
                ("logs:CreateLogStream", f"{LOG}:*"),
                ("logs:PutLogEvents", f"{LOG}:*"),
                ("ssm:GetParameters", PARAMETER),
            },
        ),
    ],
    ids=["images", "bootstrap", "container instance", "launch", "task execution"],
)
def test_a_role_may_do_this_and_no_more(document: str, expected: set[tuple[str, str]]) -> None:
    assert allowed(document) == expected


def test_a_launch_is_completed_only_in_the_group_with_the_tag() -> None:
    complete, _ = statements(policies.complete_launch(OREGON, "cluster", "images"))
    assert complete["Condition"] == {"StringEquals": {"aws:ResourceTag/cluster": "images"}}


def test_arns_are_of_the_location_s_partition() -> None:
    complete, _ = statements(policies.complete_launch(BEIJING, "cluster", "images"))
    assert complete["Resource"][0].startswith("arn:aws-cn:autoscaling:cn-north-1:")


@pytest.mark.parametrize("location", [OREGON, BEIJING], ids=lambda location: location.partition)
def test_ecs_takes_a_task_s_role_for_its_own_account_and_region_alone(location: Location) -> None:
    (trust,) = statements(policies.assume_task_role(location))
    assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": f"arn:{location.partition}:ecs:{location.region}:123456789012:*"},
    }


def test_ec2_takes_an_instance_s_role_unconditionally() -> None:
    """EC2 sends no aws:SourceAccount: a condition on it would refuse every instance."""
    assert statements(policies.assume_instance_role(OREGON)) == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    ]


def test_nobody_reaches_a_bucket_or_its_objects_without_tls() -> None:
    statement = policies.tls_only(BUCKET)
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [BUCKET, f"{BUCKET}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_each_service_delivers_logs_under_a_prefix_of_its_own() -> None:
    delivered = {
        (statement["Principal"]["Service"], statement["Action"], statement["Resource"])
        for statement in policies.log_delivery(BUCKET, OREGON)
    }
    balancer, s3 = "logdelivery.elasticloadbalancing.amazonaws.com", "logging.s3.amazonaws.com"
    assert delivered == {
        (balancer, "s3:PutObject", f"{BUCKET}/load-balancer/AWSLogs/123456789012/*"),
        (s3, "s3:PutObject", f"{BUCKET}/s3/*"),
    }


def test_s3_logs_of_other_accounts_are_refused() -> None:
    _, s3 = policies.log_delivery(BUCKET, OREGON)
    assert s3["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_flow_logs_have_the_statements_that_aws_would_add() -> None:
    """Word for word: VPC User Guide, "Amazon S3 bucket permissions for flow logs"."""
    source = {"aws:SourceArn": "arn:aws-cn:logs:cn-north-1:123456789012:*"}
    assert policies.flow_log_delivery("arn:aws-cn:s3:::logs", BEIJING) == [
        {
            "Sid": "AWSLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws-cn:s3:::logs/AWSLogs/123456789012/*",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "123456789012", "s3:x-amz-acl": "bucket-owner-full-control"},
                "ArnLike": source,
            },
        },
        {
            "Sid": "AWSLogDeliveryAclCheck",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": "s3:GetBucketAcl",
            "Resource": "arn:aws-cn:s3:::logs",
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnLike": source},
        },
    ]
