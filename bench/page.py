"""The page docs/performance.md: its prose is written by hand, and the bench replaces the figures between markers.

A block of figures stands between the lines `<!-- bench NAME -->` and `<!-- /bench -->`.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markdown import Markdown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_BLOCK = re.compile(r"(?<=<!-- bench )(\w+)( -->\n).*?(?=<!-- /bench -->)", re.DOTALL)
# Of the printed tables, whose rows would wrap in a narrower terminal.
_CONSOLE_WIDTH = 160


class Page:
    """Collects and prints what was measured."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._console.width = max(self._console.width, _CONSOLE_WIDTH)
        self._text = _PAGE.read_text()
        self._blocks: dict[str, str] = {}
        self._goals: list[tuple[str, str, str]] = []
        self._pictures: dict[str, Figure] = {}

    def add(self, name: str, *texts: str) -> None:
        """Set the content of a block: Markdown.

        Raises:
            ValueError: The page has no such block.
        """
        if name not in (block[0] for block in _BLOCK.findall(self._text)):
            raise ValueError(f"{_PAGE} has no block {name}")
        self._blocks[name] = "\n\n".join(texts)
        self._console.print(Markdown(f"{name}:\n\n{self._blocks[name]}"))

    def goal(self, text: str, measured: str, met: bool) -> None:
        self._goals.append((text, measured, "yes" if met else "**no**"))

    def picture(self, name: str, figure: Figure) -> None:
        """Add a picture by its file's name, without the extension."""
        self._pictures[name] = figure

    def end_part(self, name: str, seconds: float) -> None:
        """Add when and where a part was measured, and its goals.

        Args:
            seconds: How long it took.
        """
        machine = f"{os.cpu_count()} cores ({_processor()}; Linux {platform.release()})"
        load = f"load average {os.getloadavg()[2]:.1f} over 15 minutes"
        run = f"Measured on {date.today()} in {seconds / 60:.0f} minutes, on {machine}, {load}."
        goals = [table(("Goal", "Measured", "Met"), self._goals)] if self._goals else []
        self.add(f"{name}_run", run, *goals)
        self._goals = []

    def write(self, folder: Path) -> Path:
        """Write performance.md into a folder, and the pictures into performance/ beside it. Return the page's path."""
        page, pictures = folder / "performance.md", folder / "performance"
        pictures.mkdir(parents=True, exist_ok=True)
        page.write_text(replaced(self._text, self._blocks))
        for name, figure in self._pictures.items():
            # Without matplotlib's version, so that the same figures give the same bytes.
            figure.savefig(pictures / f"{name}.png", dpi=110, metadata={"Software": None})
        return page


def replaced(text: str, blocks: dict[str, str]) -> str:
    """Return the page's text with the content of these blocks, by name."""

    def content(block: re.Match[str]) -> str:
        return f"{block[1]}{block[2]}\n{blocks[block[1]]}\n\n" if block[1] in blocks else block[0]

    return _BLOCK.sub(content, text)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, ["---"] * len(head), *rows))


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()
