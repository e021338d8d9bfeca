"""Measuring side by side: each side in turn, again and again; medians, spread, ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Spread:
    """Some measurements of one thing."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        if not values:
            raise ValueError("nothing was measured")
        return cls(tuple(values))

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        """The smallest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest."""
        return max(self.values)

    def over(self, other: Spread) -> Spread:
        """The ratio in each round: what disturbs the machine for longer than a round disturbs both."""
        return Spread.of([mine / its for mine, its in zip(self.values, other.values, strict=True)])

    def text(self, unit: str = "") -> str:
        """Such as "2.1 (2.0 to 2.4) s"."""
        span = "" if len(self.values) == 1 else f" ({number(self.low)} to {number(self.high)})"
        return f"{number(self.median)}{span}{f' {unit}' if unit else ''}"

    def times(self) -> str:
        """As a ratio: "2.1 x (2.0 to 2.4)"."""
        span = "" if len(self.values) == 1 else f" ({number(self.low)} to {number(self.high)})"
        return f"{number(self.median)} x{span}"


def number(value: float) -> str:
    """With two significant digits at least, and no more behind the point than it needs."""
    size = abs(value)
    digits = 0 if size >= 20 else 1 if size >= 2 else 2 if size >= 0.1 else 3
    return f"{value:.{digits}f}"


def in_turn(sides: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """What each side's measurement gives: A B B A A B ..., so that nobody always comes first."""
    results: dict[str, list[Result]] = {name: [] for name in sides}
    for turn in range(rounds):
        for name in list(sides)[:: -1 if turn % 2 else 1]:
            results[name].append(sides[name]())
    return results
