"""python -m sandbox: the command line, which is in command_line.py."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType


def _nothing_started(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"interrupted; nothing was started\n")
    os._exit(130)


if __name__ == "__main__":
    # Before the imports, which take a second or more: Ctrl-C in the middle of one would end in a traceback.
    signal.signal(signal.SIGINT, _nothing_started)
    from sandbox.command_line import main

    status = main(sys.argv[1:])
    sys.stdout.flush()
    # Not sys.exit: taking the AWS provider's package apart, object by object, takes the interpreter seconds.
    os._exit(status)
