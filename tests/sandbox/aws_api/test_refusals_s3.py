"""Calls that the emulated S3 refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.conftest import REGION

_BUCKET = "registry"


@pytest.fixture
def s3(aws: Callable[[str], Any]) -> Any:
    """A client of an account with a bucket."""
    client = aws("s3")
    client.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


@pytest.mark.parametrize(
    ("principal", "condition", "refused"),
    [
        ("*", {}, True),
        ({"AWS": "*"}, {}, True),
        ("*", {"Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}}}, False),
        ({"Service": "logging.s3.amazonaws.com"}, {}, False),
    ],
)
def test_public_policy_is_refused_if_blocked(s3: Any, principal: Any, condition: dict[str, Any], refused: bool) -> None:
    s3.put_public_access_block(Bucket=_BUCKET, PublicAccessBlockConfiguration={"BlockPublicPolicy": True})
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{_BUCKET}/*",
        **condition,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    if refused:
        with pytest.raises(ClientError, match=r"AccessDenied.*BlockPublicPolicy"):
            s3.put_bucket_policy(Bucket=_BUCKET, Policy=policy)
    else:
        s3.put_bucket_policy(Bucket=_BUCKET, Policy=policy)


@pytest.mark.parametrize(
    ("ids", "days", "refusal"),
    [(("a", "a"), 1, "Rule ID must be unique"), (("a", "b"), 0, "must be a positive integer")],
)
def test_invalid_lifecycle_rules_are_refused(s3: Any, ids: tuple[str, ...], days: int, refusal: str) -> None:
    rules = [{"ID": id_, "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": days}} for id_ in ids]
    with pytest.raises(ClientError, match=refusal):
        s3.put_bucket_lifecycle_configuration(Bucket=_BUCKET, LifecycleConfiguration={"Rules": rules})


@pytest.mark.parametrize(("acl", "refused"), [("public-read", True), ("private", False)])
def test_acls_cannot_be_disabled_while_one_admits_others(s3: Any, acl: str, refused: bool) -> None:
    s3.put_bucket_acl(Bucket=_BUCKET, ACL=acl)
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    if refused:
        with pytest.raises(ClientError, match="InvalidBucketAclWithObjectOwnership"):
            s3.put_bucket_ownership_controls(Bucket=_BUCKET, OwnershipControls=controls)
    else:
        s3.put_bucket_ownership_controls(Bucket=_BUCKET, OwnershipControls=controls)


@pytest.mark.parametrize(
    ("replica", "change", "refusal"),
    [
        ("versioned", {}, None),
        ("plain", {}, "InvalidRequest.*Destination bucket must have versioning enabled"),
        ("versioned", {"Filter": None, "Prefix": ""}, "InvalidRequest.*DeleteMarkerReplication cannot be used"),
        ("versioned", {"metrics": {"EventThreshold": {"Minutes": 15}}}, "InvalidArgument.*event threshold"),
    ],
)
def test_invalid_replication_is_refused(s3: Any, replica: str, change: dict[str, Any], refusal: str | None) -> None:
    s3.create_bucket(Bucket=replica, CreateBucketConfiguration={"LocationConstraint": REGION})
    for versioned in (_BUCKET, *(["versioned"] if replica == "versioned" else [])):
        s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Enabled"})
    metrics = {"Status": "Enabled", **change.pop("metrics", {})}
    rule = {
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{replica}", "Metrics": metrics},
        **change,
    }
    rules = [{key: value for key, value in rule.items() if value is not None}]
    config = {"Role": "arn:aws:iam::123456789012:role/replication", "Rules": rules}
    if refusal:
        with pytest.raises(ClientError, match=refusal):
            s3.put_bucket_replication(Bucket=_BUCKET, ReplicationConfiguration=config)
    else:
        s3.put_bucket_replication(Bucket=_BUCKET, ReplicationConfiguration=config)
        suspended = {"Status": "Suspended"}
        with pytest.raises(ClientError, match="InvalidBucketState"):
            s3.put_bucket_versioning(Bucket=_BUCKET, VersioningConfiguration=suspended)
        s3.delete_bucket_replication(Bucket=_BUCKET)
        s3.put_bucket_versioning(Bucket=_BUCKET, VersioningConfiguration=suspended)


@pytest.mark.parametrize("name", ["sthree-images", "amzn-s3-demo-images", "images-s3alias"])
def test_reserved_bucket_name_is_refused(aws: Callable[[str], Any], name: str) -> None:
    with pytest.raises(ClientError, match="InvalidBucketName"):
        aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


def test_object_with_more_than_ten_tags_is_refused(s3: Any) -> None:
    tags = {f"key-{number}": "value" for number in range(11)}
    with pytest.raises(ClientError, match=r"BadRequest.*cannot be greater than 10"):
        s3.put_object(Bucket=_BUCKET, Key="refused", Tagging=urlencode(tags))
    tags.popitem()
    s3.put_object(Bucket=_BUCKET, Key="accepted", Tagging=urlencode(tags))
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=_BUCKET)["Contents"]] == ["accepted"]


def test_upload_without_parts_is_not_completed(s3: Any) -> None:
    """Sources: S3 API Reference, "CompleteMultipartUpload"; error code: distribution/distribution#3763."""
    where = {"Bucket": _BUCKET, "Key": "upload"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": []})
