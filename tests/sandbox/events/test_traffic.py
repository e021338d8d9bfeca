"""The traffic generator notices what the other tests rely on it to notice."""

from __future__ import annotations

from tests.sandbox.fleet import Fleet
from tests.sandbox.registry_client import digest
from tests.sandbox.traffic import traffic


def test_a_lost_and_an_altered_image_are_reported(fleet: Fleet) -> None:
    s3, bucket = fleet.sandbox.stack.aws("s3"), fleet.sandbox.stack.declaration.exports["bucketName"]
    with traffic(fleet.sandbox, clients=2) as report:
        lost, altered = report.pushed[:2]
        s3.delete_object(Bucket=bucket, Key=blob_key(lost.manifest))
        s3.put_object(Bucket=bucket, Key=blob_key(altered.blobs[-1]), Body=b"?" * len(altered.blobs[-1]))
    assert f"{lost}: it could not be pulled" in report.lost
    assert f"{altered}: {digest(altered.blobs[-1])}" in report.lost
    assert {found.partition(": ")[0] for found in report.lost} == {str(lost), str(altered)}


def test_a_failed_request_is_reported(fleet: Fleet) -> None:
    with traffic(fleet.sandbox, clients=1, login=(fleet.sandbox.user, "wrong")) as report:
        report.goes_on()
    assert "GET /v2/: status 401" in report.failures
    assert len(report.given_up) == len(report.failures)
    assert not report.pushed


def blob_key(content: bytes) -> str:
    """Where the registry keeps it."""
    hexadecimal = digest(content).partition(":")[2]
    return f"docker/registry/v2/blobs/sha256/{hexadecimal[:2]}/{hexadecimal}/data"
