"""Exactly what each policy allows."""

import json
from typing import Any

import pytest

from components import policies
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
                ("ecs:DeregisterContainerInstance", CLUSTER),
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


def test_a_service_alone_takes_a_role() -> None:
    assert statements(policies.assume_role("ec2.amazonaws.com")) == [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}
    ]


def test_nobody_reaches_a_bucket_or_its_objects_without_tls() -> None:
    statement = policies.tls_only(BUCKET)
    assert (statement["Effect"], statement["Principal"], statement["Action"].lower()) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [BUCKET, f"{BUCKET}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_each_service_delivers_logs_under_a_prefix_of_its_own() -> None:
    delivered = {
        (statement["Principal"]["Service"], action, resource)
        for statement in policies.log_delivery(BUCKET, OREGON)
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    balancer, s3 = "logdelivery.elasticloadbalancing.amazonaws.com", "logging.s3.amazonaws.com"
    flow_logs = "delivery.logs.amazonaws.com"
    assert delivered == {
        (balancer, "s3:PutObject", f"{BUCKET}/load-balancer/AWSLogs/123456789012/*"),
        (s3, "s3:PutObject", f"{BUCKET}/s3/*"),
        (flow_logs, "s3:PutObject", f"{BUCKET}/AWSLogs/123456789012/*"),
        (flow_logs, "s3:GetBucketAcl", BUCKET),
        (flow_logs, "s3:ListBucket", BUCKET),
    }


@pytest.mark.parametrize("sid", ["S3", "FlowLogs", "FlowLogsCheck"])
def test_logs_of_other_accounts_are_refused(sid: str) -> None:
    (statement,) = [each for each in policies.log_delivery(BUCKET, OREGON) if each["Sid"] == sid]
    assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == "123456789012"
