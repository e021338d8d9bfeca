"""Progress of programs that take minutes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import pytest

from sandbox.machine import progress


def test_progress_is_printed_until_the_program_ends() -> None:
    said: list[str] = []
    program = "import time; print('Collecting moto==5 (from -r x)', flush=True); time.sleep(0.5); raise SystemExit(3)"
    done = progress.run([sys.executable, "-c", program], say=said.append, describe=progress.of_pip, every=0.1)
    assert done == progress.Done(3, "Collecting moto==5 (from -r x)\n")
    assert "1 packages found (0 s)" in said


@pytest.mark.parametrize(
    ("describe", "lines", "expected"),
    [
        (
            progress.of_pip,
            ["Collecting a\n", "  Downloading a.whl.metadata (1 kB)\n", "Downloading a.whl (2 MB)\n"],
            "1 packages found, 1 files downloaded, now a.whl",
        ),
        (progress.of_pip, ["Collecting a\n", "Installing collected packages: a, b\n"], "installing 2 packages"),
        (
            progress.of_go,
            ["go: downloading example.com/a v1.0.0\n", "example.com/a\n", "internal/cpu\n"],
            "1 modules downloaded, 2 packages compiled",
        ),
    ],
)
def test_progress_is_read_from_the_output(
    describe: Callable[[Sequence[str]], str], lines: list[str], expected: str
) -> None:
    assert describe(lines) == expected
