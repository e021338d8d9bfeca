"""The command line: python -m bench."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from rich.console import Console

from bench import collection, program, scaling, serving
from bench.measure import Size
from bench.page import Page
from sandbox.errors import SandboxError
from sandbox.report import Report

_FULL = Size(rounds=3, large_mb=1000, images=25_000)
_TINY = Size(rounds=1, large_mb=20, images=500)
_PARTS = {
    "serving": serving.measure,
    "scaling": scaling.measure,
    "collection": collection.measure,
    "program": program.measure,
}


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the figures into the page.

    Returns:
        Exit status 0 even if a goal was not met; 1 if something could not be measured; 130 after Ctrl-C.
    """
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures, and updates docs/performance.md.")
    parser.add_argument("--tiny", action="store_true", help="only show that the bench runs; the figures mean nothing")
    parser.add_argument("--part", choices=_PARTS, action="append", help="measure only this part; repeatable")
    parser.add_argument("--folder", type=Path, default=Path("docs"), help="for the page; default: %(default)s")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    signal.signal(signal.SIGTERM, _interrupt)
    steps, page = Report(console), Page()
    try:
        for name in options.part or _PARTS:
            before = steps.total()
            _PARTS[name](page, _TINY if options.tiny else _FULL, steps)
            page.end_part(name, steps.total() - before)
    except SandboxError as error:
        Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"error: {error}", style="red")
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; everything is stopped, nothing was written")
        return 130
    written = page.write(options.folder)
    console.print(f"\n{steps.total():.0f} s; written: {written}")
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Unwind as after Ctrl-C, which stops every process."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
