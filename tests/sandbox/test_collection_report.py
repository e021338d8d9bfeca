"""What a garbage collection deleted, found in the versions of a bucket."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.collection.deleted import Deleted, deleted

_BEGIN = datetime(2026, 1, 31, 5, 6, 0, 500_000, tzinfo=timezone.utc)
_END = _BEGIN + timedelta(minutes=10)
_ROOT = "docker/registry/v2"
_BLOB = f"{_ROOT}/blobs/sha256/aa/aaaa/data"


def version(key: str, time: datetime, size: int = 7) -> dict[str, Any]:
    return {"Key": key, "LastModified": time.replace(microsecond=0), "Size": size}


def marker(key: str, time: datetime, *, latest: bool = True) -> dict[str, Any]:
    return {"Key": key, "LastModified": time.replace(microsecond=0), "VersionId": f"of {key}", "IsLatest": latest}


def found(*, versions: list[dict[str, Any]], markers: list[dict[str, Any]]) -> list[Deleted]:
    return list(deleted([{"Versions": versions}, {"DeleteMarkers": markers}], _BEGIN, _END))


def test_blob_has_the_bytes_of_its_version_before_the_collection() -> None:
    before, after = (version(_BLOB, time, size) for time, size in ((_BEGIN - timedelta(days=1), 100), (_END, 200)))
    after["LastModified"] += timedelta(minutes=1)
    assert found(versions=[after, before], markers=[marker(_BLOB, _BEGIN, latest=False)]) == [
        Deleted(_BLOB, f"of {_BLOB}", 100, restorable=False)
    ]


def test_deletions_before_and_after_are_others() -> None:
    times = (_BEGIN - timedelta(seconds=1), _END + timedelta(seconds=1))
    assert found(versions=[version(_BLOB, times[0])], markers=[marker(_BLOB, time) for time in times]) == []


def test_uploads_and_tags_are_of_others() -> None:
    """Replicas delete old uploads at any time, and a collection deletes no tag and no manifest of a repository."""
    keys = [
        f"{_ROOT}/repositories/team/app/{path}"
        for path in ("_uploads/1/data", "_manifests/tags/1/current/link", "_manifests/revisions/sha256/aa/link")
    ]
    link = f"{_ROOT}/repositories/team/app/_layers/sha256/aaaa/link"
    markers = [marker(key, _BEGIN) for key in (*keys, link)]
    assert [each.key for each in found(versions=[version(link, _BEGIN)], markers=markers)] == [link]


def test_blob_without_a_version_cannot_be_restored() -> None:
    """The bucket keeps old versions for a time."""
    assert found(versions=[], markers=[marker(_BLOB, _BEGIN)]) == [Deleted(_BLOB, f"of {_BLOB}", 0, restorable=False)]
