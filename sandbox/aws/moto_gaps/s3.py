"""S3 as AWS answers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.s3.models import FakeBucket, FakeDeleteMarker, S3Backend

from sandbox.aws.patching import add, wrap


def close() -> None:
    """Close the gaps."""
    add(FakeDeleteMarker, "dispose", _dispose_of_nothing)
    add(FakeBucket, "_log_permissions_enabled_policy", staticmethod(_s3_may_log))
    wrap(S3Backend, "list_objects", _list_no_deleted_folders)
    wrap(S3Backend, "put_bucket_policy", _collapse_lists)


def _dispose_of_nothing(_marker: FakeDeleteMarker) -> None:
    """moto disposes of each version's content when DeleteObjects takes an object's last one; a marker has none."""


def _list_no_deleted_folders(
    list_objects: Callable[..., Any], backend: Any, bucket: Any, *args: Any, **kwargs: Any
) -> Any:
    """Common prefixes are those of objects; moto goes on listing one whose objects all have a delete marker.

    Source: S3 User Guide, "Working with delete markers".
    """
    objects, folders, *rest = list_objects(backend, bucket, *args, **kwargs)
    names = [name for name, key in bucket.keys.items() if not isinstance(key, FakeDeleteMarker)]
    return objects, [folder for folder in folders if any(name.startswith(folder) for name in names)], *rest


def _s3_may_log(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Whether S3 may write its access logs there; moto fails on statements for everybody, and on lists.

    Source: S3 User Guide, "Enabling Amazon S3 server access logging".
    """
    statements = json.loads(target_bucket.policy)["Statement"] if target_bucket.policy else []
    return any(
        statement["Effect"] == "Allow"
        and "logging.s3.amazonaws.com" in _listed(statement["Principal"]["Service"])
        and "s3:PutObject" in _listed(statement["Action"])
        and f"{target_bucket.arn}/{target_prefix or ''}*" in _listed(statement["Resource"])
        for statement in statements
        if isinstance(statement["Principal"], dict)
    )


def _collapse_lists(put: Callable[..., None], backend: Any, bucket_name: str, policy: bytes) -> None:
    """S3 returns a list of one as the one.

    Sources: ansible/ansible#42532, hashicorp/terraform#4278.
    """
    document = json.loads(policy)
    statements = _listed(document["Statement"])
    document["Statement"] = [{key: _collapsed(value) for key, value in statement.items()} for statement in statements]
    put(backend, bucket_name, json.dumps(document).encode())


def _collapsed(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
