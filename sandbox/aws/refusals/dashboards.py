"""Dashboards that CloudWatch refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend

from sandbox.aws.patching import refuses

# "Dashboard Body Structure and Syntax": the required properties of the kinds of widgets that a registry has. A metric
# widget needs metrics or annotations, and these have none.
_REQUIRED = {"metric": ("metrics", "region"), "log": ("query", "region"), "alarm": ("alarms",)}
_COLUMNS, _ROWS = 24, 1000


@refuses(CloudWatchBackend, "put_dashboard", "InvalidParameterValue")
def _invalid_name(_backend: Any, name: str) -> str | None:
    """Source: CloudWatch API Reference, "PutDashboard", DashboardName."""
    return None if re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name) else f"Dashboard name {name} contains invalid characters"


@refuses(CloudWatchBackend, "put_dashboard", "InvalidParameterInput")
def _invalid_body(_backend: Any, body: str) -> str | None:
    """Source: CloudWatch API Reference, "PutDashboard", and "Dashboard Body Structure and Syntax"."""
    found = list(_problems(json.loads(body)))
    return f"The dashboard body is invalid, there are {len(found)} validation errors: {found}" if found else None


def _problems(body: dict[str, Any]) -> Iterator[str]:
    widgets = body.get("widgets")
    if not isinstance(widgets, list) or len(widgets) > 500:
        yield "/widgets should be an array of at most 500 widgets"
        return
    for number, widget in enumerate(widgets):
        place = f"/widgets/{number}"
        properties = widget.get("properties", {})
        if widget.get("type") not in _REQUIRED:
            yield f"{place}/type should be one of {', '.join(_REQUIRED)}"
            continue
        yield from (f"{place} should have {name}" for name in _REQUIRED[widget["type"]] if name not in properties)
        if not (1 <= widget.get("width", 6) <= _COLUMNS and 1 <= widget.get("height", 6) <= _ROWS):
            yield f"{place} should have a width of at most {_COLUMNS} and a height of at most {_ROWS}"
        if not (0 <= widget.get("x", 0) < _COLUMNS and widget.get("y", 0) >= 0):
            yield f"{place} should be in a column of 0 to {_COLUMNS - 1}"
        for index, metric in enumerate(properties.get("metrics", [])):
            yield from _metric_problems(f"{place}/properties/metrics/{index}", metric)


def _metric_problems(place: str, metric: list[Any]) -> Iterator[str]:
    """A metric is its namespace, its name, pairs of a dimension's name and value, and at the end perhaps options."""
    texts = metric[:-1] if metric and isinstance(metric[-1], dict) else metric
    if len(texts) < 2 or len(texts) % 2 or not all(isinstance(text, str) and text for text in texts):
        yield f"{place} should be a namespace, a name, and dimensions with values"
