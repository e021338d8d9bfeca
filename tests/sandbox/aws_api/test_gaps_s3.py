"""What S3 answers, as the emulated API answers it."""

from __future__ import annotations

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


def _folders(s3: Any, prefix: str) -> list[str]:
    listed = s3.list_objects_v2(Bucket="bucket", Prefix=prefix, Delimiter="/")
    return [folder["Prefix"] for folder in listed.get("CommonPrefixes", [])]
