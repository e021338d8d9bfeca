"""Calls that CloudWatch Logs refuses."""

from __future__ import annotations

from typing import Any

from moto.logs.models import LogsBackend

from sandbox.aws.filter_pattern import parse
from sandbox.aws.patching import refuses


@refuses(LogsBackend, "put_metric_filter", "ResourceNotFoundException")
def _missing_log_group(backend: Any, log_group_name: str) -> str | None:
    """Source: CloudWatch Logs API Reference, "PutMetricFilter"."""
    return None if log_group_name in backend.groups else "The specified log group does not exist."


@refuses(LogsBackend, "put_metric_filter", "InvalidParameterException")
def _invalid_pattern(_backend: Any, filter_pattern: str) -> str | None:
    """Source: CloudWatch Logs API Reference, "PutMetricFilter"; CloudWatch Logs User Guide, "Filter pattern syntax"."""
    try:
        parse(filter_pattern)
    except ValueError as error:
        return f"Invalid metric filter pattern: {error}"
    return None
