"""The emulator accepts only requests that are signed with its access key."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.emulator import AccessKey, AwsApi
from tests.sandbox.aws_api.conftest import REGION
from tests.sandbox.presigned import presigned_url, status

_BUCKET, _KEY = "bootstrap", "a b/c+d?é%41~.txt"


@pytest.fixture
def s3(aws: Callable[[str], Any]) -> Any:
    """A client with the right access key, in an account with an object."""
    client = aws("s3")
    client.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    client.put_object(Bucket=_BUCKET, Key=_KEY, Body=b"secret")
    return client


def url_of(api: AwsApi, seconds: int = 60) -> str:
    return presigned_url(api, REGION, _BUCKET, _KEY, expires_in=seconds)


@pytest.mark.parametrize(
    ("service", "call", "codes"),
    [
        ("s3", lambda client: client.list_buckets(), {"key": "InvalidAccessKeyId", "secret": "SignatureDoesNotMatch"}),
        (
            "iam",
            lambda client: client.list_roles(),
            {"key": "InvalidClientTokenId", "secret": "SignatureDoesNotMatch"},
        ),
        ("ssm", lambda client: client.describe_parameters(), {"key": "InvalidClientTokenId"}),
    ],
    ids=["S3", "query", "JSON"],
)
def test_wrong_access_key_is_refused(
    api: AwsApi, service: str, call: Callable[[Any], object], codes: Mapping[str, str]
) -> None:
    others = {"key": AccessKey.random(), "secret": dataclasses.replace(api.access_key, secret="another")}
    for which, code in codes.items():
        with pytest.raises(ClientError, match=code) as refused:
            call(dataclasses.replace(api, access_key=others[which]).client(service, REGION))
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_right_access_key_reads_objects(s3: Any) -> None:
    assert s3.get_object(Bucket=_BUCKET, Key=_KEY)["Body"].read() == b"secret"
    assert s3.list_objects_v2(Bucket=_BUCKET, Prefix="a b/c+")["KeyCount"] == 1


@pytest.mark.usefixtures("s3")
def test_unsigned_request_is_refused(api: AwsApi) -> None:
    assert status(f"{api.url}/{_BUCKET}?list-type=2") == 403
    assert status(url_of(api).partition("?")[0]) == 403


@pytest.mark.usefixtures("s3")
def test_presigned_url_is_valid_for_one_object(api: AwsApi) -> None:
    url = url_of(api)
    assert status(url) == 200
    assert status(url.replace(f"/{_BUCKET}/", "/other/")) == 403
    assert status(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600")) == 403
    assert status(url_of(dataclasses.replace(api, access_key=AccessKey.random()))) == 403


@pytest.mark.usefixtures("s3")
def test_expired_presigned_url_is_refused(api: AwsApi) -> None:
    assert status(url_of(api, seconds=0)) == 403


def test_body_that_differs_from_the_signed_one_is_refused(s3: Any) -> None:
    def change(request: Any, **_: object) -> None:
        request.body = b"secreT"

    s3.meta.events.register("before-send.s3.PutObject", change)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3.put_object(Bucket=_BUCKET, Key=_KEY, Body=b"public")


def test_request_signed_yesterday_is_refused(aws: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: yesterday)
    with pytest.raises(ClientError, match="RequestExpired"):
        aws("ec2").describe_vpcs()
