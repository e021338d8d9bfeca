"""Metrics configurations of buckets, which moto's S3 lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response

from sandbox.aws.patching import around


@around(S3Response, "_bucket_response_put")
def _put(put: Callable[..., Any], response: Any, request: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
    """Source: S3 API Reference, "PutBucketMetricsConfiguration"."""
    if "metrics" not in querystring:
        return put(response, request, bucket_name, querystring)
    _configurations(response, bucket_name)[querystring["id"][0]] = response.body.decode()
    return 200, {}, ""


@around(S3Response, "_bucket_response_get")
def _get(get: Callable[..., Any], response: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
    """Source: S3 API Reference, "GetBucketMetricsConfiguration"."""
    if "metrics" not in querystring:
        return get(response, bucket_name, querystring)
    return 200, {}, _existing(response, bucket_name, querystring)


@around(S3Response, "_bucket_response_delete")
def _delete(delete: Callable[..., Any], response: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
    """Source: S3 API Reference, "DeleteBucketMetricsConfiguration"."""
    if "metrics" not in querystring:
        return delete(response, bucket_name, querystring)
    _existing(response, bucket_name, querystring)
    del _configurations(response, bucket_name)[querystring["id"][0]]
    return 204, {}, ""


def _existing(response: Any, bucket_name: str, querystring: dict[str, Any]) -> str:
    configuration = _configurations(response, bucket_name).get(querystring["id"][0])
    if configuration is None:
        raise S3ClientError("NoSuchConfiguration", "The specified configuration does not exist.")
    return configuration


def _configurations(response: Any, bucket_name: str) -> dict[str, str]:
    return response.backend.get_bucket(bucket_name).__dict__.setdefault("metrics_configurations", {})
