"""The pulls in the registry's log."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

# A pull gets a manifest, or asks with HEAD whether what it has is still the newest: a kubelet that has an image does no
# more. Both majors log the same line. containerd appends ?ns=HOST.
QUERY = r"""filter msg = "response completed" and http.request.uri like "/manifests/"
| filter http.request.method in ["GET", "HEAD"]
| parse http.request.uri /^\/v2\/(?<repository>.+)\/manifests\/(?<reference>[^?]+)/
| stats count(*) as pulls by repository, reference
| limit 10000"""
# The maximum of rows in a result (Amazon CloudWatch Logs API Reference, "StartQuery").
_MOST_ROWS = 10_000
_POLL_SECONDS = 1


class QueryFailed(Exception):
    """CloudWatch Logs did not complete a query."""


class PullLog:
    """The registry's log group.

    Args:
        logs: a boto3 client.
        group: the log group's name.
    """

    def __init__(self, logs: Any, group: str) -> None:
        self._logs, self._group = logs, group

    def pulls(self, days: Iterable[int], now: datetime) -> dict[int, set[tuple[str, str]]]:
        """Return the repositories and references that were pulled within numbers of days.

        A number is missing if the log group is not as old.

        Raises:
            QueryFailed: a query failed, or was too slow.
        """
        found = self._logs.describe_log_groups(logGroupNamePrefix=self._group)["logGroups"]
        created = next(group["creationTime"] for group in found if group["logGroupName"] == self._group) / 1000
        starts = {number: now - timedelta(days=number) for number in sorted({*days} - {0})}
        return {number: self._between(start, now) for number, start in starts.items() if created <= start.timestamp()}

    def _between(self, start: datetime, end: datetime) -> set[tuple[str, str]]:
        rows = self._run(start, end)
        if len(rows) < _MOST_ROWS:
            return {(row["repository"], row["reference"]) for row in rows if row.get("reference")}
        middle = start + (end - start) / 2
        return self._between(start, middle) | self._between(middle, end)

    def _run(self, start: datetime, end: datetime) -> list[dict[str, str]]:
        query = self._logs.start_query(
            logGroupName=self._group,
            startTime=int(start.timestamp()),
            endTime=int(end.timestamp()) + 1,
            queryString=QUERY,
            limit=_MOST_ROWS,
        )["queryId"]
        while (result := self._logs.get_query_results(queryId=query))["status"] in ("Scheduled", "Running"):
            time.sleep(_POLL_SECONDS)
        if result["status"] != "Complete":
            raise QueryFailed(f"the query of {self._group} ended as {result['status']}")
        return [{field["field"]: field["value"] for field in row} for row in result["results"]]
