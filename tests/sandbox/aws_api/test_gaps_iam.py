"""Gaps of moto's IAM that the emulator closes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.pure import policies
from tests.sandbox.aws_api.conftest import REGION
from tests.unit.pems import issue


@pytest.fixture
def put_allowed(aws: Callable[[str], Any]) -> Callable[[policies.Statement], bool]:
    """A function that says whether a bucket whose policy has a statement accepts an object."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(statement: policies.Statement) -> bool:
        s3.put_bucket_policy(Bucket="bucket", Policy=policies.document([statement]))
        try:
            s3.put_object(Bucket="bucket", Key="key")
        except ClientError:
            return False
        return True

    return put


@pytest.mark.parametrize("action", ["s3:*", "S3:*", "S3:putobject", ["s3:GetObject", "s3:PutObject"]])
def test_actions_match_in_any_case(put_allowed: Callable[[policies.Statement], bool], action: Any) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Resource": "arn:aws:s3:::bucket/*"}
    assert not put_allowed({**deny, "Action": action})
    assert put_allowed({**deny, "Action": "s3:DeleteObject"})


def test_requests_count_as_tls(put_allowed: Callable[[policies.Statement], bool]) -> None:
    statement = policies.tls_only("arn:aws:s3:::bucket")
    assert put_allowed(statement)
    assert not put_allowed({key: value for key, value in statement.items() if key != "Condition"})


def test_server_certificates_have_tags_and_different_ids(aws: Callable[[str], Any]) -> None:
    iam, issued = aws("iam"), issue("registry.example")
    for name in ("first", "second"):
        iam.upload_server_certificate(
            ServerCertificateName=name,
            CertificateBody=issued.pem,
            PrivateKey=issued.key_pem,
            Tags=[{"Key": "name", "Value": name}],
        )
    iam.tag_server_certificate(ServerCertificateName="first", Tags=[{"Key": "added", "Value": "1"}])
    iam.untag_server_certificate(ServerCertificateName="first", TagKeys=["name"])
    first, second = (
        iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"] for name in ("first", "second")
    )
    assert first["Tags"] == [{"Key": "added", "Value": "1"}]
    assert second["Tags"] == [{"Key": "name", "Value": "second"}]
    ids = {certificate["ServerCertificateMetadata"]["ServerCertificateId"] for certificate in (first, second)}
    assert len(ids) == 2


def test_server_certificate_ends_when_its_pem_says(aws: Callable[[str], Any]) -> None:
    iam, issued = aws("iam"), issue("registry.example")
    names = {"ServerCertificateName": "registry"}
    iam.upload_server_certificate(**names, CertificateBody=issued.pem, PrivateKey=issued.key_pem)
    [listed] = iam.list_server_certificates()["ServerCertificateMetadataList"]
    read = iam.get_server_certificate(**names)["ServerCertificate"]["ServerCertificateMetadata"]
    assert listed["Expiration"] == read["Expiration"] == issued.certificate.not_valid_after_utc
