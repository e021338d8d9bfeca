"""What S3 refuses, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.conftest import REGION


def test_object_takes_ten_tags(aws: Callable[[str], Any]) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    tags = {f"key-{number}": "value" for number in range(11)}
    with pytest.raises(ClientError, match=r"BadRequest.*cannot be greater than 10"):
        s3.put_object(Bucket="bucket", Key="refused", Tagging=urlencode(tags))
    tags.popitem()
    s3.put_object(Bucket="bucket", Key="taken", Tagging=urlencode(tags))
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["taken"]


def test_upload_of_no_parts_is_not_completed(aws: Callable[[str], Any]) -> None:
    """Source: S3 API Reference, "CompleteMultipartUpload": MalformedXML, as in distribution/distribution#3763."""
    s3, where = aws("s3"), {"Bucket": "bucket", "Key": "upload"}
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    upload = s3.create_multipart_upload(**where)["UploadId"]
    with pytest.raises(ClientError, match="MalformedXML"):
        s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": []})
