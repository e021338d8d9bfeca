"""The page that a run writes, with its pictures."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bench import plots
from bench.ground import MEMORY, data_folder
from bench.report import Part, markdown


def write(page: Path, parts: Sequence[Part], seconds: float) -> None:
    """Writes the page, and its pictures into a folder beside it that has its name.

    Args:
        seconds: how long the run took.
    """
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    for part in parts:
        for chapter in part.chapters:
            for picture in chapter.pictures:
                plots.save(folder / f"{picture.name}.png", picture.draw, picture.columns)
    page.write_text(markdown(_head(seconds), parts, folder.name))


def _head(seconds: float) -> str:
    cores, load = os.cpu_count() or 1, os.getloadavg()[2]
    where = "in memory" if data_folder() == MEMORY else "on the disk"
    return f"""\
# Performance

Written by `make bench` on {date.today()}, in {seconds / 60:.0f} minutes. A run repeats all of it, this page included.

The machine has {cores} cores ({_processor()}; Linux {platform.release()}). Clients, load balancer, registries and S3
share them, and whatever else ran there: its load was {load:.1f} in the last 15 minutes, where {cores} is full. So the
absolute figures are this machine's; **read the ratios**. What is compared runs side by side in one run, in turn, every
second round backwards (A B B A), so that nobody always comes first. A figure is the median, with the lowest and the
highest in parentheses; a ratio is the median of each round's ratio.

S3 is versitygw v1.0.14 over a folder, the same on all sides, {where}. It stands on the same machine: what S3 has to do
is in the figures, how far away it is in AWS is not, save where it says so."""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()
