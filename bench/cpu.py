"""Which processes the machine's time and memory go to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def seconds(roots: Iterable[int]) -> float:
    """The processor time that processes and those below them have used. What has ended counts with its parent."""
    parents, used = _table()
    return sum(used.get(process, 0.0) for process in _with_children(roots, parents))


def _table() -> tuple[dict[int, int], dict[int, float]]:
    parents, used = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, which may hold anything, is in parentheses before the state and the parent.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(folder.name)] = int(fields[1])
        used[int(folder.name)] = (int(fields[11]) + int(fields[12])) / _TICKS
    return parents, used


def peak_memory(roots: Iterable[int]) -> float:
    """The most that any one of these processes, or of those below them, has ever had in memory, in MiB."""
    parents, _ = _table()
    peaks = [_peak(process) for process in _with_children(roots, parents)]
    return max(peaks)


def _peak(process: int) -> float:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _with_children(roots: Iterable[int], parents: Mapping[int, int]) -> set[int]:
    found = set(roots)
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found
