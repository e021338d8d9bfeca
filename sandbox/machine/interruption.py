"""The signals that end the sandbox: Ctrl-C, SIGTERM, and SIGHUP, which a terminal sends when it is closed."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def raise_first() -> None:
    """From now on the first of them raises KeyboardInterrupt, so that everything is stopped by unwinding.

    Those that follow do nothing: they would interrupt the stopping. A SIGHUP that is ignored, as nohup does it, stays
    so; a SIGINT that is ignored does not, since a shell's script starts what it puts into the background like that.
    """
    for each in _SIGNALS:
        if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
            signal.signal(each, _raise)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Until the end they do nothing. Only the main thread can be disturbed."""
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
        close_output()
    raise KeyboardInterrupt


def _do_nothing(_signal: int, _frame: FrameType | None) -> None:
    """Not SIG_IGN, which processes that are started from here would inherit."""


def close_output() -> None:
    """From now on output goes nowhere. Writing to a closed terminal fails, and would interrupt the stopping."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
