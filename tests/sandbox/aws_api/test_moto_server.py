"""The emulator's server: retries and its log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws import emulator
from sandbox.aws.api_calls import logged_calls, logged_refusals

_ID = "amz-sdk-invocation-id"


def test_retried_call_is_carried_out_once(tmp_path: Path) -> None:
    with emulator.running(log=tmp_path / "log") as api:
        ec2 = api.client("ec2", "us-west-2")
        ids = iter(("first", "first", "second"))

        def set_id(request: Any, **_: object) -> None:
            request.headers[_ID] = next(ids)

        ec2.meta.events.register("before-send.ec2.CreateVpc", set_id)
        first, again, second = (ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] for _ in range(3))
        made = {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]}
    assert first == again
    assert made == {first, second}
    assert "ec2 CreateVpc was retried" in (tmp_path / "log").read_text()


def test_calls_are_logged_with_operation_and_client(tmp_path: Path) -> None:
    with emulator.running(log=tmp_path / "log") as api:
        s3 = api.client("s3", "us-east-1")
        s3.create_bucket(Bucket="images")
        s3.put_object(Bucket="images", Key="folder/image")
        s3.copy_object(Bucket="images", Key="copy", CopySource="images/folder/image")
        s3.list_objects_v2(Bucket="images")
        s3.put_bucket_lifecycle_configuration(Bucket="images", LifecycleConfiguration={"Rules": []})
        upload = {"Bucket": "images", "Key": "layer"}
        upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
        tag = s3.upload_part(**upload, PartNumber=1, Body=b"layer")["ETag"]
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"ETag": tag, "PartNumber": 1}]})
        api.client("ecs", "us-west-2").list_clusters()
        api.client("route53", "us-west-2").list_hosted_zones()
    calls = logged_calls(tmp_path / "log")
    assert {(call.service, call.operation) for call in calls} == {
        ("s3", "CreateBucket"),
        ("s3", "PutObject"),
        ("s3", "CopyObject"),
        ("s3", "ListObjectsV2"),
        ("s3", "PutBucketLifecycleConfiguration"),
        ("s3", "CreateMultipartUpload"),
        ("s3", "UploadPart"),
        ("s3", "CompleteMultipartUpload"),
        ("ecs", "ListClusters"),
        ("route53", "ListHostedZones"),
    }
    assert all(call.client.startswith("Boto3/") for call in calls)


def test_refused_calls_are_logged_with_error_code(tmp_path: Path) -> None:
    with emulator.running(log=tmp_path / "log") as api:
        for service, method, options in (
            ("ec2", "delete_subnet", {"SubnetId": "subnet-00000000"}),
            ("ecs", "delete_cluster", {"cluster": "none"}),
        ):
            with pytest.raises(ClientError):
                getattr(api.client(service, "us-west-2"), method)(**options)
    assert logged_refusals(tmp_path / "log") == [
        "ec2 DeleteSubnet InvalidSubnetID.NotFound",
        "ecs DeleteCluster ClusterNotFoundException",
    ]
