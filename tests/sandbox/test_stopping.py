"""However a sandbox ends, it leaves no process and no file, such as a private key."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sandbox.aws import account
from sandbox.errors import SandboxError
from sandbox.local import Options, sandbox
from sandbox.machine.process_tree import descendants
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import PROJECT, install_docker, quiet_report

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


@pytest.fixture
def started() -> Iterator[Callable[[], set[int]]]:
    """The running processes that the test has started. Orphans become children of this process.

    Processes of other fixtures' sandboxes do not count.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    before = descendants(os.getpid())
    yield lambda: descendants(os.getpid()) - before - {pid for root in before for pid in descendants(root)}
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder for temporary files, with a short path for sockets."""
    with tempfile.TemporaryDirectory(prefix="t-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("containers", "how", "status"),
    [
        ("bubblewrap", (signal.SIGINT,), 0),
        ("bubblewrap", (signal.SIGINT, signal.SIGINT, signal.SIGTERM), 0),
        ("bubblewrap", (signal.SIGHUP,), 0),
        ("bubblewrap", (signal.SIGKILL,), -signal.SIGKILL),
        ("docker", (signal.SIGINT,), 0),
        ("docker", (signal.SIGKILL,), -signal.SIGKILL),
    ],
)
def test_signal_stops_everything(
    started: Callable[[], set[int]], short_folder: Path, containers: str, how: Sequence[signal.Signals], status: int
) -> None:
    install_docker()
    output = short_folder / "output"
    command = [sys.executable, "-m", "sandbox", "up", "--instances", "1", "--containers", containers]
    env = {**os.environ, "TMPDIR": str(short_folder)}
    with output.open("wb") as out:
        process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=out, stderr=out, start_new_session=True)
    wait_until(lambda: "Ctrl-C" in output.read_text(), "the sandbox", seconds=60, process=process, log=output)
    # At least Python, moto, the instance, the registry, HAProxy and their parents.
    assert len(started()) > 5
    assert list(short_folder.glob("sandbox-*/instance-1/root/docker-registry/certs/domain.key"))
    for each in how:
        os.killpg(process.pid, each)  # to the process group, like a terminal
    assert process.wait(60) == status, output.read_text()
    wait_until(lambda: not started(), "the end of all processes", seconds=30)
    assert list(short_folder.iterdir()) == [output]
    assert "Traceback" not in output.read_text()


def test_ctrl_c_during_the_start_stops_everything(started: Callable[[], set[int]], tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "up"], cwd=PROJECT, stdout=out, stderr=out, start_new_session=True
        )
    wait_until(lambda: "start the task" in output.read_text(), "a task", seconds=60, process=process, log=output)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(30) == 130
    wait_until(lambda: not started(), "the end of all processes", seconds=10)
    assert "Traceback" not in output.read_text()


def test_ctrl_c_during_imports_prints_one_line(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with output.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "sandbox", "up"], cwd=PROJECT, stdout=out, stderr=out)
    memory = Path(f"/proc/{process.pid}/maps")
    # pulumi imports grpc long before the sandbox has imported all its modules.
    wait_until(lambda: "grpc" in memory.read_text(), "the import of grpc", seconds=30, process=process)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    assert output.read_text() == "interrupted; nothing was started\n"


def test_failure_stops_everything(
    started: Callable[[], set[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "create_resources", lambda *_: "nothing")
    with (
        pytest.raises(SandboxError, match="could not be read"),
        sandbox(Options(PROJECT, "dev", tmp_path, instances=1), quiet_report()),
    ):
        pass
    wait_until(lambda: not started(), "the end of all processes", seconds=30)
