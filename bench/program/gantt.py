"""Bars of time: when each resource was made, or could be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from bench import plots

_MOST = 24
_LEAST = 100
_BESIDE, _CRITICAL = plots.COLORS[:2]


@dataclass(frozen=True)
class Bar:
    """Attributes:
    label: of its row.
    critical: whether it is on the longest chain.
    """

    label: str
    start: float
    end: float
    critical: bool


def shown(bars: Iterable[Bar]) -> list[Bar]:
    """The longest chain and the longest of the rest, as many as can be read; from the first to the last."""
    bars = list(bars)
    least = max((bar.end for bar in bars), default=0.0) / _LEAST
    worth = [bar for bar in bars if bar.critical or bar.end - bar.start >= least]
    ordered = sorted(worth, key=lambda bar: (not bar.critical, bar.start - bar.end))[:_MOST]
    return sorted(ordered, key=lambda bar: (bar.start, bar.end))


def draw(axes: Axes, bars: Sequence[Bar], title: str) -> None:
    """A row for each bar, from top to bottom."""
    least = max((bar.end for bar in bars), default=1.0) / 250  # what takes no time is seen nevertheless
    for row, bar in enumerate(bars):
        color = _CRITICAL if bar.critical else _BESIDE
        axes.barh(row, max(bar.end - bar.start, least), 0.7, left=bar.start, color=color)
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars], fontsize=6.5)
    axes.invert_yaxis()
    meanings = {_CRITICAL: "the longest chain", _BESIDE: "beside it"}
    handles = [Patch(color=color, label=meaning) for color, meaning in meanings.items()]
    axes.legend(handles=handles, loc="upper right", fontsize=7)
    axes.set_title(title, fontsize=9)
    axes.set_xlabel("s")
    axes.set_xlim(left=0)
    axes.margins(y=0.01)
