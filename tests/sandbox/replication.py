"""A stand-in for S3 replication: copies what a declared rule says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.evaluation.declared import Declaration

_RULES = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"


def _nothing(_key: str) -> bool:
    return False


def replicate(s3: Any, declaration: Declaration, *, pending: Callable[[str], bool] = _nothing) -> str:
    """Copy the present objects and delete markers of the replicated bucket, as the enabled rules say.

    Args:
        s3: a boto3 client of the account with both buckets.
        declaration: has the rules.
        pending: whether an object is not copied yet. S3 copies objects in any order ("What does Amazon S3 replicate?"
            promises none).

    Returns:
        The name of the replica bucket.
    """
    config = declaration.one(_RULES).inputs
    [rule] = config["rules"]
    source, replica = config["bucket"], rule["destination"]["bucket"].rpartition(":")[2]
    if rule["status"] != "Enabled":
        return replica
    listing = s3.get_paginator("list_object_versions").paginate(Bucket=source, Prefix=rule["filter"]["prefix"])
    for page in listing:
        for version in page.get("Versions", ()):
            if version["IsLatest"] and not pending(version["Key"]):
                copied = {"Bucket": source, "Key": version["Key"], "VersionId": version["VersionId"]}
                s3.copy_object(Bucket=replica, Key=version["Key"], CopySource=copied)
        for marker in page.get("DeleteMarkers", ()):
            if marker["IsLatest"] and rule["deleteMarkerReplication"]["status"] == "Enabled":
                s3.delete_object(Bucket=replica, Key=marker["Key"])
    return replica
