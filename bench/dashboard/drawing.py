"""Draws the widgets of a dashboard's body."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from bench.dashboard.observations import Observation, Observations
from bench.plots import COLORS
from sandbox.aws.logs_insights import Row, run

_COLUMN_INCHES, _ROW_INCHES = 0.62, 0.42
_MARGIN = 0.5  # rows and columns around a graph, for its labels
_SECONDS = 5  # of a point. In CloudWatch it is the widget's period. Sums are scaled to it.
_TABLE_ROWS = 8
_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "Sum": math.fsum,
    "Average": fmean,
    "Minimum": min,
    "Maximum": max,
}


def draw(body: dict[str, Any], observed: Observations, lines: Sequence[str], *, start: float, end: float) -> Figure:
    """Draw all widgets at their places.

    Args:
        lines: the lines of the log, for widgets with a query.
        start, end: the time that the graphs show, in seconds since 1970.

    Raises:
        LookupError: the run did not observe a metric.
    """
    widgets = body["widgets"]
    columns = max(widget["x"] + widget["width"] for widget in widgets)
    rows = max(widget["y"] + widget["height"] for widget in widgets)
    figure = Figure(figsize=(columns * _COLUMN_INCHES, rows * _ROW_INCHES))
    for widget in widgets:
        axes = figure.add_axes(
            (
                (widget["x"] + 2 * _MARGIN) / columns,
                1 - (widget["y"] + widget["height"] - 2 * _MARGIN) / rows,
                (widget["width"] - 3 * _MARGIN) / columns,
                (widget["height"] - 4 * _MARGIN) / rows,
            )
        )
        properties = widget["properties"]
        axes.set_title(properties["title"])
        if widget["type"] == "log":
            _table(axes, run(properties["query"].split(" | ", 1)[1], lines))
        elif widget["type"] == "alarm":
            axes.axis("off")
            axes.text(0, 0.8, f"{len(properties['alarms'])} alarms. No alarm is evaluated in the sandbox.", fontsize=9)
        else:
            _graph(axes, properties, observed, start, end)
    return figure


def _graph(axes: Axes, properties: dict[str, Any], observed: Observations, start: float, end: float) -> None:
    for color, (namespace, name, *_, options) in zip(COLORS, properties["metrics"], strict=False):
        if not (found := observed.get((namespace, name))):
            raise LookupError(f"the run observed no {namespace} {name}")
        points = _points(found, options["stat"], properties["period"], start, end)
        axes.plot(*zip(*points, strict=True), ".-", color=color, label=options["label"], markersize=4, linewidth=1.2)
    axes.set_xlim(0, int(end - start) // _SECONDS * _SECONDS)
    axes.set_ylim(bottom=properties["yAxis"]["left"]["min"])
    axes.tick_params(labelsize=8)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4, fontsize=7, columnspacing=1, handlelength=1.2)


def _points(
    found: Sequence[Observation], stat: str, period: int, start: float, end: float
) -> list[tuple[float, float]]:
    """Return a point for each interval with observations. A sum is 0 without any, as the metrics of the log are."""
    points = []
    for begin in range(0, int(end - start) // _SECONDS * _SECONDS, _SECONDS):
        values = [value for when, value in found if begin <= when - start < begin + _SECONDS]
        if values or stat == "Sum":
            scale = period / _SECONDS if stat == "Sum" else 1
            points.append((begin + _SECONDS / 2, scale * _statistic(stat, values)))
    return points


def _statistic(stat: str, values: Sequence[float]) -> float:
    if stat.startswith("p"):
        return sorted(values)[math.ceil(len(values) * int(stat[1:]) / 100) - 1]
    return _STATISTICS[stat](values)


def _table(axes: Axes, rows: Sequence[Row]) -> None:
    axes.axis("off")
    shown = rows[:_TABLE_ROWS]
    cells = [
        [f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "hour") else f"{value}" for value in row.values()] for row in shown
    ]
    height = (len(shown) + 1) / (_TABLE_ROWS + 1)
    place = Bbox.from_bounds(0, 1 - height, 1, height)
    table = axes.table(cells, colLabels=list(shown[0]), bbox=place, cellLoc="left", colLoc="left", edges="horizontal")
    table.auto_set_font_size(False)
    table.set_fontsize(8)
