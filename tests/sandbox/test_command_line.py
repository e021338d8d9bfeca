"""The command line: its output and exit status."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.acceptance import CHECKS
from sandbox.command_line import main
from sandbox.errors import SandboxError
from sandbox.local import Sandbox
from sandbox.machine.processes import wait_until
from tests.sandbox.helpers import PROJECT

_NOBODY = 65534


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **(env or {})}, capture_output=True, text=True, timeout=120
    )


def steps(output: str) -> list[str]:
    return [line[2:].split("   ")[0].strip() for line in output.splitlines() if line.startswith("✓")]


def test_check_prints_every_step_and_stops() -> None:
    done = run("up", "--check", "--instances", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(done.stdout) == [
        "evaluate stack dev",
        "start the AWS API",
        "create buckets, objects, parameters",
        "boot instance 127.0.0.2",
        "start the task on 127.0.0.2",
        "start the load balancer",
        *CHECKS,
        "stop everything",
    ]
    assert "Not checked, since only AWS has them: IAM permissions, VPC routing and ECS scheduling." in done.stdout
    assert float(done.stdout.partition("checks passed, ")[2].split()[0]) < 30


def test_kept_folder_is_private_and_keeps_images(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o755)
    done = run("up", "--check", "--instances", "1", "--keep", str(folder))
    assert steps(done.stdout)[-2:] == ["save the pushed images", "stop everything"], done.stdout + done.stderr
    assert folder.stat().st_mode & 0o777 == 0o700
    password = (folder / "last-run/password").read_text()
    assert len(password) == 32
    assert password not in done.stdout + done.stderr
    blobs = {path.parent.name for path in folder.glob("registry-images/**/blobs/sha256/*/*/data")}
    assert len(blobs) == 5  # three layers, a config and a manifest
    again = run("up", "--check", "--instances", "1", "--keep", str(folder))
    assert "restore the kept images" in steps(again.stdout), again.stdout + again.stderr
    assert blobs < {path.parent.name for path in folder.glob("registry-images/**/blobs/sha256/*/*/data")}


def test_printed_command_works(tmp_path: Path) -> None:
    output = tmp_path / "output"
    command = [sys.executable, "-m", "sandbox", "up", "--instances", "1"]
    with output.open("wb") as out:
        process = subprocess.Popen(command, cwd=PROJECT, stdout=out, stderr=out, start_new_session=True)
    try:
        wait_until(lambda: "stop  " in output.read_text(), "the sandbox", seconds=60, process=process, log=output)
        (example,) = [line for line in output.read_text().splitlines() if line.startswith("try ")]
        shown = subprocess.run(shlex.split(example)[1:], capture_output=True, text=True, timeout=30)
        assert shown.returncode == 0, shown.stderr
        assert len(json.loads(shown.stdout)["Layers"]) == 3
    finally:
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(30) == 0


def test_failed_check_exits_with_status_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: Sandbox) -> str:
        raise SandboxError("the reason")

    monkeypatch.chdir(PROJECT)
    monkeypatch.setitem(CHECKS, "log in", fail)
    assert main(["up", "--check", "--instances", "1"]) == 1
    shown = capsys.readouterr()
    assert "✗ log in" in shown.out
    assert shown.err == "error: the reason\n"


def test_missing_programs_are_listed_with_their_packages() -> None:
    done = run("up", "--check", env={"PATH": "/nonexistent"})
    assert done.returncode == 1
    assert "bwrap" in done.stderr
    assert "sudo apt-get install --no-install-recommends bubblewrap" in done.stderr
    assert "skopeo" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_unknown_stack_lists_the_known_stacks() -> None:
    done = run("preview", "--stack", "staging")
    assert done.returncode == 1
    assert "there is no stack 'staging'" in done.stderr
    assert "dev, prod" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("file", "file is a file; name a new folder"),
        ("file/kept", "Not a directory: "),
        (".", "has a file that is not the sandbox's: file"),
        ("/proc/kept", "No such file or directory: /proc/kept"),
    ],
)
def test_unusable_folder_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: str,
    reason: str,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.chdir(PROJECT)
    assert main(["up", "--check", "--keep", str(tmp_path / folder)]) == 1
    assert reason in capsys.readouterr().err


def test_full_disk_is_an_error_message() -> None:
    """The image of the checks does not fit into a file system of 300 kB."""
    view = ["--dev-bind", "/", "/", "--size", "300000", "--tmpfs", "/mnt", "--setenv", "TMPDIR", "/mnt"]
    command = [sys.executable, "-m", "sandbox", "up", "--check", "--instances", "1"]
    done = subprocess.run(["bwrap", *view, "--", *command], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "error: No space left on device; free some space" in done.stderr
    assert "Traceback" not in done.stderr


def test_preview_prints_resources_and_starts_no_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("preview started a process")

    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert main(["preview", "--stack", "dev"]) == 0
    shown = capsys.readouterr().out
    assert "registry  private-registry:index:PrivateRegistry" in shown
    assert "registry-alb  aws:lb/loadBalancer:LoadBalancer" in shown
    assert re.search(r"│ aws:s3/bucket:Bucket +│ 3 ", shown)


@pytest.fixture
def as_ordinary_user() -> Iterator[list[str]]:
    """The start of a command that runs as an ordinary user. It is empty if this user is one.

    The interpreter and the project may be in a folder that other users cannot read, such as root's home: they are
    mounted in readable folders of the same names.
    """
    if os.geteuid() != 0:
        yield []
        return
    with tempfile.TemporaryDirectory(prefix="home-") as home:
        os.chown(home, _NOBODY, _NOBODY)
        view = ["--dev-bind", "/", "/"]
        paths = {Path(sys.prefix), Path(sys.base_prefix), PROJECT}
        for closed in sorted(
            {folder for path in paths for folder in path.parents if not folder.stat().st_mode & 0o001}
        ):
            view += ["--tmpfs", str(closed)]
        for path in sorted(paths):
            for parent in reversed(path.parents[:-1]):
                view += ["--dir", str(parent)]  # bubblewrap would create them with access for root only
            view += ["--ro-bind", str(path), str(path)]
        become = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--inh-caps=-all"]
        yield ["bwrap", "--die-with-parent", *view, "--chdir", str(PROJECT), "--", *become, "env", f"HOME={home}"]


def test_ordinary_user_can_run_it(as_ordinary_user: list[str]) -> None:
    command = [*as_ordinary_user, sys.executable, "-m", "sandbox", "up", "--check", "--instances", "1"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "use every instance" in done.stdout


def test_missing_docker_engine_prints_how_to_start_one(as_ordinary_user: list[str]) -> None:
    command = [*as_ordinary_user, sys.executable, "-m", "sandbox", "up", "--check", "--containers", "docker"]
    env = {**os.environ, "DOCKER_HOST": "unix:///nonexistent"}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends docker.io" in done.stderr
    assert "Traceback" not in done.stderr


def test_folder_with_a_space_in_its_name_works(tmp_path: Path) -> None:
    folder = tmp_path / "my registry"
    (folder / "tmp").mkdir(parents=True)
    project, kept = folder / "clone", folder / "kept"
    view = ["--dev-bind", "/", "/", "--bind", str(PROJECT), str(project), "--bind", sys.prefix, str(project / ".venv")]
    command = [str(project / ".venv/bin/python"), "-m", "sandbox", "up", "--check", "--instances", "1"]
    done = subprocess.run(
        ["bwrap", "--die-with-parent", *view, "--chdir", str(project), "--", *command, "--keep", str(kept)],
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (example,) = [line for line in done.stdout.splitlines() if line.startswith("try ")]
    assert shlex.split(example)[1] == str(kept / "last-run/client/with-hosts")
