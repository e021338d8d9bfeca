"""Processes that end with the sandbox, even if the sandbox is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import SandboxError

_STOP_SECONDS = 10


@contextmanager
def running(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    when_orphaned: signal.Signals = signal.SIGKILL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process until the end of the block, then stop it with SIGTERM, and after 10 s with SIGKILL.

    Args:
        log: the file for stdout and stderr, created with mode 0600.
        when_orphaned: the signal that the kernel sends to the process if the sandbox is killed.
    """
    # setpriv sets the signal and executes the program. In its own session, the process does not get Ctrl-C from the
    # terminal: the sandbox stops its processes in its own order.
    orphan = ["setpriv", "--pdeathsig", when_orphaned.name.removeprefix("SIG"), "--"]
    log.touch(mode=0o600)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*orphan, *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            pass_fds=pass_fds,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # bwrap's child outlives a bwrap that is stopped before the child has asked to end with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    seconds: float,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
) -> None:
    """Wait until `condition` is true.

    Raises:
        SandboxError: it was not true in time, or `process` ended before. The message ends with the log's last lines.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            reason = f"ended with status {process.returncode}" if process and ended else f"not after {seconds:.0f} s"
            raise SandboxError(f"{what}: {reason}{last_lines(log) if log else ''}")
        time.sleep(0.02)


def last_lines(log: Path, count: int = 12) -> str:
    """The last lines of a log, indented, after its path."""
    lines = log.read_text(errors="replace").splitlines()[-count:] if log.exists() else []
    return "".join(f"\n    {line}" for line in [f"{log}:", *lines])


def free_port(address: str) -> int:
    """Find a free TCP port of a local address."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def serves_tls(address: str, port: int) -> bool:
    """Whether a server completes a TLS handshake, with any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=2) as plain:
        context.wrap_socket(plain).close()
        return True
    return False
