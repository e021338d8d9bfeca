"""S3 as AWS answers it."""

from __future__ import annotations

import json

from moto.s3.models import FakeBucket, FakeDeleteMarker

from sandbox.patching import add


def close() -> None:
    """Close the gaps."""
    add(FakeDeleteMarker, "dispose", _dispose_of_nothing)
    add(FakeBucket, "_log_permissions_enabled_policy", staticmethod(_s3_may_log))


def _dispose_of_nothing(_marker: FakeDeleteMarker) -> None:
    """moto disposes of each version's content when DeleteObjects takes an object's last one; a marker has none."""


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


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]
