"""Gaps of moto's S3 that the emulator closes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.pure import policies
from tests.sandbox.aws_api.conftest import REGION


@pytest.fixture
def s3(aws: Callable[[str], Any]) -> Any:
    """A client of an account with a versioned bucket."""
    client = aws("s3")
    client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    return client


def test_prefix_without_objects_is_not_listed(s3: Any) -> None:
    for key in ("tags/kept/link", "tags/deleted/link", "other/deleted/link"):
        s3.put_object(Bucket="bucket", Key=key)
    for key in ("tags/deleted/link", "other/deleted/link"):
        s3.delete_object(Bucket="bucket", Key=key)
    assert _common_prefixes(s3, "") == ["tags/"]
    assert _common_prefixes(s3, "tags/") == ["tags/kept/"]


def test_delete_markers_are_deleted_after_versioning_was_suspended(s3: Any) -> None:
    """`pulumi destroy` suspends versioning before it empties a bucket."""
    s3.put_object(Bucket="bucket", Key="key")
    s3.delete_object(Bucket="bucket", Key="key")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Suspended"})
    listed = s3.list_object_versions(Bucket="bucket")
    versions = [{"Key": "key", "VersionId": each["VersionId"]} for each in listed["Versions"] + listed["DeleteMarkers"]]
    assert "Errors" not in s3.delete_objects(Bucket="bucket", Delete={"Objects": versions})
    assert "DeleteMarkers" not in s3.list_object_versions(Bucket="bucket")


def test_bucket_policy_list_of_one_comes_back_as_item(s3: Any) -> None:
    arns = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"], "Resource": arns}
    s3.put_bucket_policy(Bucket="bucket", Policy=policies.document([statement]))
    returned = json.loads(s3.get_bucket_policy(Bucket="bucket")["Policy"])["Statement"]
    assert returned == [{**statement, "Action": "s3:GetObject"}]


def test_access_logging_is_allowed_by_a_policy_with_lists(s3: Any) -> None:
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": ["logging.s3.amazonaws.com", "delivery.logs.amazonaws.com"]},
        "Action": ["s3:PutObject", "s3:PutObjectTagging"],
        "Resource": "arn:aws:s3:::bucket/logs/*",
    }
    s3.put_bucket_policy(Bucket="bucket", Policy=policies.document([policies.tls_only("arn:aws:s3:::bucket"), allow]))
    enabled = {"TargetBucket": "bucket", "TargetPrefix": "logs/"}
    s3.put_bucket_logging(Bucket="bucket", BucketLoggingStatus={"LoggingEnabled": enabled})
    assert s3.get_bucket_logging(Bucket="bucket")["LoggingEnabled"] == enabled


def test_replication_rule_comes_back_as_it_was_put(s3: Any) -> None:
    rule = {
        "ID": "images",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": "docker/"},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": "arn:aws:s3:::bucket", "Metrics": {"Status": "Enabled"}},
    }
    config = {"Role": "arn:aws:iam::123456789012:role/replication", "Rules": [rule]}
    s3.put_bucket_replication(Bucket="bucket", ReplicationConfiguration=config)
    assert s3.get_bucket_replication(Bucket="bucket")["ReplicationConfiguration"] == config


def _common_prefixes(s3: Any, prefix: str) -> list[str]:
    listed = s3.list_objects_v2(Bucket="bucket", Prefix=prefix, Delimiter="/")
    return [each["Prefix"] for each in listed.get("CommonPrefixes", [])]
