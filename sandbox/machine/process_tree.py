"""Processes with their descendants: processor time and memory, from /proc (proc(5))."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> set[int]:
    """Return all processes below one, except zombies."""
    parents = {each: int(fields[1]) for each, fields in _stats().items() if fields[0] != "Z"}
    found = {pid}
    while children := {each for each, parent in parents.items() if parent in found} - found:
        found |= children
    return found - {pid}


def cpu_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes and their descendants have used."""
    stats = _stats()
    trees = {each for pid in pids for each in (pid, *descendants(pid))}
    return sum((int(stats[each][11]) + int(stats[each][12])) / _TICKS for each in trees if each in stats)


def peak_memory(pids: Iterable[int]) -> float:
    """Return the largest peak of resident memory among processes and their descendants, in MiB."""
    return max(_peak(each) for pid in pids for each in (pid, *descendants(pid)))


def _stats() -> dict[int, list[str]]:
    """Return the fields of every process's stat, from the third one on."""
    stats = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The second field, the name in parentheses, may contain spaces and parentheses.
            stats[int(folder.name)] = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return stats


def _peak(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0
