"""The signals that end the sandbox: SIGINT (Ctrl-C), SIGTERM, and SIGHUP (the terminal was closed)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_once() -> None:
    """Make the first signal raise KeyboardInterrupt, which stops everything, and ignore the following ones.

    An ignored SIGHUP stays ignored, as nohup wants it. An ignored SIGINT does not: shell scripts start background
    commands with SIGINT ignored.
    """
    for each in _SIGNALS:
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, _raise)


@contextmanager
def ignored() -> Iterator[None]:
    """Ignore the signals until the end of the block. Python runs signal handlers in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {each: signal.signal(each, _do_nothing) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _raise(number: int, _frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, _do_nothing)
    if number == signal.SIGHUP:
        discard_output()
    raise KeyboardInterrupt


def _do_nothing(_signal: int, _frame: FrameType | None) -> None:
    """A handler, and not SIG_IGN: processes that are started from here would inherit SIG_IGN."""


def discard_output() -> None:
    """Send further output to /dev/null. Writing to a closed terminal fails, and would interrupt the cleanup."""
    null = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(null, descriptor)
    os.close(null)
