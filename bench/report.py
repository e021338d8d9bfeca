"""What a chapter of measurements yields, as Markdown and for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class Table:
    """Cells are text; the first column names the row."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Goal:
    """What was to be reached, and what was."""

    text: str
    found: str
    met: bool


@dataclass(frozen=True)
class Picture:
    """A plot.

    Attributes:
        name: its file's, without the ending.
        text: what it shows, for those who cannot see it.
        draw: draws it on a row of empty axes.
        columns: how many of them.
    """

    name: str
    text: str
    draw: Callable[[Sequence[Axes]], None]
    columns: int = 1


@dataclass(frozen=True)
class Chapter:
    """A question, and what was measured to answer it.

    Attributes:
        title: the heading.
        method: what is measured, and how: Markdown, above the tables.
        findings: what it says: Markdown, below the tables.
    """

    title: str
    method: str
    tables: Sequence[Table] = ()
    findings: str = ""
    goals: Sequence[Goal] = ()
    pictures: Sequence[Picture] = field(default=())


@dataclass(frozen=True)
class Part:
    """Chapters that share their preparations."""

    title: str
    chapters: Sequence[Chapter]


def markdown(head: str, parts: Sequence[Part], pictures: str) -> str:
    """The whole page.

    Args:
        head: title and introduction, Markdown.
        pictures: the folder of the pictures, relative to the page.
    """
    blocks = [head.strip()]
    if goals := [(chapter.title, goal) for part in parts for chapter in part.chapters for goal in chapter.goals]:
        rows = [(goal.text, goal.found, "yes" if goal.met else "**no**", title) for title, goal in goals]
        blocks += ["## Goals", _markdown_table(Table(("Goal", "Found", "Met", "Chapter"), rows))]
    for part in parts:
        blocks.append(f"## {part.title}")
        for chapter in part.chapters:
            blocks += [f"### {chapter.title}", chapter.method.strip()]
            blocks += [_markdown_table(table) for table in chapter.tables]
            blocks += [f"![{picture.text}]({pictures}/{picture.name}.png)" for picture in chapter.pictures]
            blocks += [chapter.findings.strip()] if chapter.findings else []
    return "\n\n".join(blocks) + "\n"


def show(chapter: Chapter, console: Console) -> None:
    """Prints a chapter's tables and goals."""
    console.print(Text(f"\n{chapter.title}", style="bold"))
    for table in chapter.tables:
        printed = RichTable(box=None, pad_edge=False)
        for name in table.head:
            printed.add_column(Text(name))
        for row in table.rows:
            printed.add_row(*map(Text, row))
        console.print(printed)
    for goal in chapter.goals:
        console.print(Text(f"{'✓' if goal.met else '✗'} {goal.text}: {goal.found}", "green" if goal.met else "red"))


def _markdown_table(table: Table) -> str:
    rows = [table.head, ["---"] * len(table.head), *table.rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
