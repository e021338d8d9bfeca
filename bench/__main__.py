"""The measurements' command line: python -m bench."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from bench import page, program, report, serving
from bench.report import Chapter, Part
from bench.size import FULL, TINY, Size
from sandbox.errors import SandboxError
from sandbox.report import Report

# By the name for the command line. A part's module has a title, and measures its chapters one by one.
_PARTS: Mapping[str, tuple[str, Callable[[Size, Report], Iterator[Chapter]]]] = {
    "serving": (serving.TITLE, serving.chapters),
    "program": (program.TITLE, program.chapters),
}
_WIDTH = 160
_PAGE = Path("docs/performance.md")


def main(arguments: Sequence[str]) -> int:
    """Exit status 0, also where a goal was not met: a figure is no test; 1 if something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures, and writes docs/performance.md.")
    parser.add_argument("--tiny", action="store_true", help="as little as possible: shows that it runs, nothing else")
    parser.add_argument("--part", choices=_PARTS, action="append", help="this part alone; may be given again")
    parser.add_argument("--page", type=Path, default=_PAGE, help="default: %(default)s; pictures go beside it")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    # As wide as it is: a row in two lines could not be read.
    wide = Console(width=max(console.width, _WIDTH), highlight=False)
    # SIGTERM ends it as Ctrl-C does: by unwinding, which stops all that was started.
    signal.signal(signal.SIGTERM, _interrupt)
    steps = Report(console)
    parts = []
    try:
        for name in options.part or _PARTS:
            title, measure = _PARTS[name]
            chapters = []
            for chapter in measure(TINY if options.tiny else FULL, steps):
                report.show(chapter, wide)
                chapters.append(chapter)
            parts.append(Part(title, chapters))
    except SandboxError as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"error: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; everything is stopped, nothing was written")
        return 130
    page.write(options.page, parts, steps.total())
    console.print(f"\n{steps.total():.0f} s; written: {options.page}")
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
