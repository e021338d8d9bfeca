"""What S3 answers, as the emulated API answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.sandbox.aws_api.conftest import REGION


def test_deleted_folder_is_not_listed(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for key in ("tags/kept/link", "tags/gone/link", "other/gone/link"):
        s3.put_object(Bucket="bucket", Key=key)
    for key in ("tags/gone/link", "other/gone/link"):
        s3.delete_object(Bucket="bucket", Key=key)
    assert _folders(s3, "") == ["tags/"]
    assert _folders(s3, "tags/") == ["tags/kept/"]


def test_bucket_policy_comes_back_with_lists_of_one_collapsed(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    arns = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"]
    statement = {"Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject"], "Resource": arns}
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    returned = json.loads(s3.get_bucket_policy(Bucket="bucket")["Policy"])["Statement"]
    assert returned == [{**statement, "Action": "s3:GetObject"}]


def _folders(s3: Any, prefix: str) -> list[str]:
    listed = s3.list_objects_v2(Bucket="bucket", Prefix=prefix, Delimiter="/")
    return [folder["Prefix"] for folder in listed.get("CommonPrefixes", [])]
