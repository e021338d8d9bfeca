"""Gaps of moto's S3: delete markers, permissions of access logs, lists in bucket policies, replication rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker, S3Backend
from moto.s3.responses import S3Response

from sandbox.aws.patching import add, around

# moto calls this on every version when DeleteObjects removes a key from a bucket with suspended versioning.
add(FakeDeleteMarker, "dispose", lambda _marker: None)


@around(S3Backend, "list_objects")
def _list_no_deleted_folders(
    list_objects: Callable[..., Any], backend: Any, bucket: Any, *args: Any, **kwargs: Any
) -> Any:
    """Common prefixes are those of existing objects. moto also lists prefixes whose objects are all deleted.

    Source: S3 User Guide, "Working with delete markers".
    """
    objects, folders, *rest = list_objects(backend, bucket, *args, **kwargs)
    names = [name for name, key in bucket.keys.items() if not isinstance(key, FakeDeleteMarker)]
    return objects, [folder for folder in folders if any(name.startswith(folder) for name in names)], *rest


def _s3_may_log(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Whether S3 may write access logs to a bucket. moto fails on statements for all principals, and on lists.

    Source: S3 User Guide, "Enabling Amazon S3 server access logging".
    """
    statements = json.loads(target_bucket.policy)["Statement"] if target_bucket.policy else []
    return any(
        statement["Effect"] == "Allow"
        and "logging.s3.amazonaws.com" in _as_list(statement["Principal"]["Service"])
        and "s3:PutObject" in _as_list(statement["Action"])
        and f"{target_bucket.arn}/{target_prefix or ''}*" in _as_list(statement["Resource"])
        for statement in statements
        if isinstance(statement["Principal"], dict)
    )


add(FakeBucket, "_log_permissions_enabled_policy", staticmethod(_s3_may_log))


@around(S3Backend, "put_bucket_policy")
def _collapse_lists(put: Callable[..., None], backend: Any, bucket_name: str, policy: bytes) -> None:
    """S3 returns a list of one item as the item.

    Sources: ansible/ansible#42532, hashicorp/terraform#4278.
    """
    document = json.loads(policy)
    statements = _as_list(document["Statement"])
    document["Statement"] = [{key: _collapsed(value) for key, value in statement.items()} for statement in statements]
    put(backend, bucket_name, json.dumps(document).encode())


@around(S3Response, "get_bucket_replication")
def _return_replication(get: Callable[..., TYPE_RESPONSE], response: Any) -> TYPE_RESPONSE:
    """S3 returns the rules that were put. moto returns rules with other filters and without delete markers.

    Source: S3 API Reference, "GetBucketReplication".
    """
    replication = response.backend.get_bucket_replication(response.bucket_name)
    if not replication:
        return get(response)
    response.data["Action"] = "GetBucketReplication"
    rules = [{**rule, "Filter": rule.get("Filter") or {"Prefix": ""}} for rule in replication["Rule"]]
    return response.serialized(
        ActionResult({"ReplicationConfiguration": {"Role": replication["Role"], "Rules": rules}})
    )


def _collapsed(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
