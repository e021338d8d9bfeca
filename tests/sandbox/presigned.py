"""Presigned URLs of the emulated S3, and requests of them from several addresses."""

from __future__ import annotations

import http.client
from datetime import timedelta
from unittest import mock
from urllib.parse import urlsplit

import botocore.auth

from sandbox.aws.emulator import AwsApi

_SECONDS = 30


def presigned_url(
    api: AwsApi,
    region: str,
    bucket: str,
    key: str,
    *,
    method: str = "GET",
    expires_in: int = 1200,
    age: timedelta = timedelta(),
) -> str:
    """Make a URL to read an object, as the registry's S3 driver does.

    Args:
        method: "GET" or "HEAD".
        expires_in: seconds. Default: those of the driver.
        age: the time since the URL was signed.
    """
    client = api.client("s3", region, signature_version="s3v4")
    signed_at = botocore.auth.get_current_datetime() - age
    with mock.patch("botocore.auth.get_current_datetime", return_value=signed_at):
        return client.generate_presigned_url(
            f"{method.lower()}_object", {"Bucket": bucket, "Key": key}, ExpiresIn=expires_in
        )


def status(url: str, *, method: str = "GET", source: str = "127.0.0.1") -> int:
    """Request a URL from an address of this machine, and return the status."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, _SECONDS, source_address=(source, 0))
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path)
        return connection.getresponse().status
    finally:
        connection.close()
