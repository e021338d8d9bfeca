"""python -m sandbox: see command_line.py."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType


def _exit_before_start(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"interrupted; nothing was started\n")
    os._exit(130)


if __name__ == "__main__":
    # Before the imports, which take a second or more: Ctrl-C during an import would print a traceback.
    signal.signal(signal.SIGINT, _exit_before_start)
    from sandbox.command_line import main

    status = main(sys.argv[1:])
    sys.stdout.flush()
    # Not sys.exit: the interpreter would spend seconds on deallocating the objects of the AWS provider's package.
    os._exit(status)
