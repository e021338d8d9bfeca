"""Processes that end when the sandbox does, however it ends."""

from __future__ import annotations

import contextlib
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
    """A process that is stopped at the end: SIGTERM, and after 10 s SIGKILL.

    Args:
        log: gets its stdout and stderr; made with mode 0600.
        when_orphaned: the signal that the kernel sends it when the sandbox itself is killed.
    """
    # setpriv sets the signal and then becomes the program. A session of its own keeps Ctrl-C from it, so that the
    # sandbox stops its processes in its own order.
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


def wait_until(
    condition: Callable[[], bool],
    what: str,
    *,
    seconds: float,
    process: subprocess.Popen[bytes] | None = None,
    log: Path | None = None,
) -> None:
    """Returns when `condition` is true.

    Raises:
        SandboxError: it did not become so in time, or `process` ended before. The text ends with the log's last lines.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline:
            reason = f"ended with status {process.returncode}" if process and ended else f"not within {seconds:.0f} s"
            raise SandboxError(f"{what}: {reason}{last_lines(log) if log else ''}")
        time.sleep(0.02)


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, indented, below its path."""
    lines = log.read_text(errors="replace").splitlines()[-count:] if log.exists() else []
    return "".join(f"\n    {line}" for line in [f"{log}:", *lines])


def free_port(address: str) -> int:
    """A TCP port of a local address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def serves_tls(address: str, port: int) -> bool:
    """Whether something there answers a TLS handshake, whoever its certificate is from."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=2) as plain:
        context.wrap_socket(plain).close()
        return True
    return False
