"""The traffic generator reports lost images and failed requests, on which the other tests rely."""

from __future__ import annotations

from sandbox.random_image import digest
from tests.sandbox.cluster import Cluster
from tests.sandbox.traffic import traffic


def test_lost_and_altered_images_are_reported(cluster: Cluster) -> None:
    s3, bucket = cluster.sandbox.stack.aws("s3"), cluster.sandbox.stack.declaration.exports["bucketName"]
    with traffic(cluster.sandbox, clients=2) as report:
        lost, altered = report.pushed[:2]
        s3.delete_object(Bucket=bucket, Key=data_key(digest(lost.manifest)))
        s3.put_object(Bucket=bucket, Key=data_key(altered.blobs[-1].digest), Body=b"?" * altered.blobs[-1].size)
    assert f"{lost}: it could not be pulled" in report.lost
    assert f"{altered}: {altered.blobs[-1].digest}" in report.lost
    assert {found.partition(": ")[0] for found in report.lost} == {str(lost), str(altered)}


def test_failed_requests_are_reported(cluster: Cluster) -> None:
    with traffic(cluster.sandbox, clients=1, login=(cluster.sandbox.user, "wrong")) as report:
        report.assert_continues()
    assert "GET /v2/: status 401" in report.failures
    assert len(report.abandoned_operations) == len(report.failures)
    assert not report.pushed


def data_key(digest: str) -> str:
    """The key of a blob's or manifest's data in S3."""
    hexadecimal = digest.partition(":")[2]
    return f"docker/registry/v2/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data"
