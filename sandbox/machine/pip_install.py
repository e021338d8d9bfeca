"""Runs pip for the Makefile, and shows how far it is in few lines.

usage: python -m sandbox.machine.pip_install ARGUMENT...
       with the arguments of `pip install`.
"""

from __future__ import annotations

import sys

from sandbox.machine import progress


def main(arguments: list[str]) -> int:
    """pip's exit status; what it has printed is shown if that is not 0."""
    print("installing Python packages, once; this takes some minutes", flush=True)
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
