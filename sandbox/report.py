"""The report that a user sees while the sandbox starts, runs its checks and stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


class Report:
    """Prints each step with its duration.

    Args:
        console: where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._start = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """A step that is printed when it ends. The yielded function adds a result to the printed line."""
        details: list[str] = []
        start = time.monotonic()
        try:
            with self._console.status(what):
                yield details.append
        except BaseException:
            self._line("✗", "red", what, [], start)
            raise
        self._line("✓", "green", what, details, start)

    def notice(self, text: str) -> None:
        """Print a message between the steps."""
        self._console.print(Text(f"  {text}", style="yellow"), soft_wrap=True)

    def total(self) -> float:
        """The seconds since the start."""
        return time.monotonic() - self._start

    def _line(self, sign: str, color: str, what: str, details: list[str], start: float) -> None:
        line = Text(f"{sign} ", style=color)
        line.append(f"{what:<40} ", style="default")
        line.append(f"{time.monotonic() - start:5.1f} s  ", style="cyan")
        line.append(", ".join(details), style="dim")
        self._console.print(line, soft_wrap=True)
