"""Measurements in turn: medians, spread, ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        rounds: How often each configuration has its turn.
        large_mb: The size of the large layer in MB.
        images: The images of the largest registry whose garbage is collected.
    """

    rounds: int
    large_mb: int
    images: int


@dataclass(frozen=True)
class Spread:
    """Several measurements of one quantity."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        spread = cls(tuple(values))
        if not spread.values:
            raise ValueError("nothing was measured")
        return spread

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def over(self, other: Spread) -> Spread:
        """Return the ratio in each round: a disturbance that lasts longer than a round affects both."""
        return Spread.of(mine / its for mine, its in zip(self.values, other.values, strict=True))

    def __str__(self) -> str:
        """Return text such as "2.1 (2.0 to 2.4)"."""
        return f"{number(self.median)}{self._span()}"

    def times(self) -> str:
        """Return a ratio's text, such as "2.1 x (2.0 to 2.4)"."""
        return f"{number(self.median)} x{self._span()}"

    def _span(self) -> str:
        return "" if len(self.values) == 1 else f" ({number(self.low)} to {number(self.high)})"


def number(value: float) -> str:
    """Format with at least two significant digits."""
    size = abs(value)
    digits = 0 if size >= 20 else 1 if size >= 2 else 2 if size >= 0.1 else 3
    return f"{value:.{digits}f}"


def in_turn(measurements: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Run the measurements of several configurations in turn, every second round backwards: A B B A A B."""
    results: dict[str, list[Result]] = {name: [] for name in measurements}
    for turn in range(rounds):
        for name in list(measurements)[:: -1 if turn % 2 else 1]:
            results[name].append(measurements[name]())
    return results
