"""Runs `pip install` for the Makefile, and prints its progress in few lines.

usage: python -m sandbox.machine.pip_install ARGUMENT...
       ARGUMENT is an argument of `pip install`.
"""

from __future__ import annotations

import sys

from sandbox.machine import progress


def main(arguments: list[str]) -> int:
    """Run `pip install` and return its exit status. Its output is printed only if it fails."""
    print("installing Python packages, only the first time; this takes some minutes", flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar=off"]
    done = progress.run([*pip, *arguments], say=lambda text: print(f"  {text}", flush=True), describe=progress.of_pip)
    if done.status:
        print(done.output, file=sys.stderr)
    return done.status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
