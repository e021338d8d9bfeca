"""How much is measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Attributes:
    rounds: how often each side has its turn.
    short_rounds: the same, where a turn is short.
    large_mb: the large layer's size in MB.
    """

    rounds: int
    short_rounds: int
    large_mb: int


FULL = Size(rounds=2, short_rounds=3, large_mb=1000)
# To see whether it runs: the figures say nothing.
TINY = Size(rounds=1, short_rounds=1, large_mb=20)
