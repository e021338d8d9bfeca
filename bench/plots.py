"""Plots: how they look, and the few kinds of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")  # no window: only files

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.measure import Spread, number

COLORS = ("#2266aa", "#dd8833", "#77aa55", "#aa4466", "#888888", "#55aaaa")
_STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "legend.frameon": False,
}


def save(file: Path, draw: Callable[[Sequence[Axes]], None], columns: int) -> None:
    """Draws on a row of axes, into a PNG file."""
    with mpl.rc_context(_STYLE):
        figure, axes = plt.subplots(1, columns, squeeze=False, figsize=(max(7.5, 5.2 * columns), 4.4), layout="tight")
        draw(list(axes[0]))
        # Nothing of when and by what it was made: the same figures give the same bytes.
        figure.savefig(file, dpi=110, metadata={"Software": None})
        plt.close(figure)


def bars(
    axes: Axes,
    groups: Sequence[str],
    sides: Mapping[str, Sequence[Spread]],
    *,
    title: str,
    unit: str,
    log: bool = False,
) -> None:
    """For each group a bar per side, with the spread as a line.

    Args:
        log: whether the scale is logarithmic.
    """
    width = 0.8 / len(sides)
    for place, (name, values) in enumerate(sides.items()):
        middles = [group + (place - (len(sides) - 1) / 2) * width for group in range(len(groups))]
        medians = [value.median for value in values]
        errors = [[v.median - v.low for v in values], [v.high - v.median for v in values]]
        drawn = axes.bar(middles, medians, width * 0.92, yerr=errors, label=name, color=COLORS[place], ecolor="#333333")
        axes.bar_label(drawn, [number(median) for median in medians], fontsize=8, padding=2)
    axes.set_xticks(range(len(groups)), groups)
    if log:
        axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.set_title(title)
    axes.set_ylabel(unit)
    _legend(axes, len(sides), below=0.2)


def stacked(axes: Axes, rows: Sequence[str], parts: Mapping[str, Sequence[float]], *, title: str, unit: str) -> None:
    """For each row a bar from left to right, made of parts."""
    ends = [0.0] * len(rows)
    for color, (name, values) in zip(COLORS, parts.items(), strict=False):
        axes.barh(range(len(rows)), values, 0.7, left=ends, label=name, color=color)
        ends = [end + value for end, value in zip(ends, values, strict=True)]
    axes.set_yticks(range(len(rows)), rows)
    axes.invert_yaxis()
    axes.set_title(title)
    axes.set_xlabel(unit)
    _legend(axes, len(parts), below=0.16)


def lines(
    axes: Axes, x: Sequence[float], sides: Mapping[str, Sequence[Spread]], *, title: str, labels: tuple[str, str]
) -> None:
    """A line per side with its spread as a band; x in powers of two."""
    for color, (name, values) in zip(COLORS, sides.items(), strict=False):
        axes.plot(x, [value.median for value in values], "o-", label=name, color=color, markersize=4)
        axes.fill_between(x, [v.low for v in values], [v.high for v in values], color=color, alpha=0.15, linewidth=0)
    axes.set_xscale("log", base=2)
    axes.set_xticks(x, [f"{each:g}" for each in x])
    axes.set_ylim(bottom=0)
    axes.set_title(title)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.legend(fontsize=9)


def _legend(axes: Axes, columns: int, *, below: float) -> None:
    """In one row below the axes, where it hides nothing."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -below), ncols=columns, fontsize=9, columnspacing=1, handlelength=1.2
    )
