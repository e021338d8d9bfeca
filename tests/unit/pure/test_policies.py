"""The exact text of policies, where it matters. test_iam_policies.py tests what they grant."""

import json

from components.pure import policies
from tests.unit.helpers import BEIJING


def test_ec2_principal_in_china() -> None:
    """The evaluator in test_iam_policies.py knows no service principals in China."""
    (statement,) = json.loads(policies.assume_instance_role(BEIJING))["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com.cn"}


def test_flow_log_statements_are_the_ones_that_aws_adds() -> None:
    """Source: VPC User Guide, "Amazon S3 bucket permissions for flow logs"."""
    source = {"aws:SourceArn": "arn:aws-cn:logs:cn-north-1:123456789012:*"}
    assert policies.flow_log_delivery("arn:aws-cn:s3:::logs", BEIJING, "123456789012") == [
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


def test_presigned_reads_have_the_form_in_which_s3_returns_them() -> None:
    """Numbers are strings, and a list of one range is the range: another form would be drift."""
    one, two = ["203.0.113.0/24"], ["203.0.113.0/24", "198.51.100.7/32"]
    age, client = policies.presigned_reads("arn:aws:s3:::images", one)
    assert age["Condition"] == {
        "StringEquals": {"s3:authType": "REST-QUERY-STRING"},
        "NumericGreaterThan": {"s3:signatureAge": "120000"},
    }
    assert client["Condition"]["NotIpAddress"] == {"aws:SourceIp": "203.0.113.0/24"}
    assert policies.presigned_reads("arn:aws:s3:::images", two)[1]["Condition"]["NotIpAddress"] == {"aws:SourceIp": two}
