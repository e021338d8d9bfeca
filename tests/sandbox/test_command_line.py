"""What a person types, and what the answer is."""

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


def test_check_shows_every_step_and_ends() -> None:
    done = run("up", "--check", "--instances", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert steps(done.stdout) == [
        "evaluate the stack dev",
        "AWS API",
        "make what is declared",
        "boot instance 127.0.0.2",
        "start the task on 127.0.0.2",
        "load balancer up and healthy",
        "log in",
        "push through the load balancer",
        "pull it back",
        "compare digests",
        "wrong password",
        "no password",
        "every instance served",
        "stop everything",
    ]
    assert "cannot show IAM permissions, VPC routing or ECS scheduling" in done.stdout
    assert float(done.stdout.partition("ready and checked in ")[2].split()[0]) < 30


def test_kept_folder_is_private_and_the_next_run_has_its_images(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir(mode=0o755)
    done = run("up", "--check", "--instances", "1", "--keep", str(folder))
    assert steps(done.stdout)[-2:] == ["keep the pushed images", "stop everything"], done.stdout + done.stderr
    assert folder.stat().st_mode & 0o777 == 0o700
    password = (folder / "last-run/password").read_text()
    assert len(password) == 32
    assert password not in done.stdout + done.stderr
    blobs = {path.parent.name for path in folder.glob("registry-images/**/blobs/sha256/*/*/data")}
    assert len(blobs) == 5  # three layers, a config and a manifest
    again = run("up", "--check", "--instances", "1", "--keep", str(folder))
    assert "restore the kept images" in steps(again.stdout), again.stdout + again.stderr
    assert blobs < {path.parent.name for path in folder.glob("registry-images/**/blobs/sha256/*/*/data")}


def test_the_printed_command_works_while_it_runs(tmp_path: Path) -> None:
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


def test_a_failed_check_is_exit_status_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: Sandbox) -> str:
        raise SandboxError("the reason")

    monkeypatch.chdir(PROJECT)
    monkeypatch.setitem(CHECKS, "log in", fails)
    assert main(["up", "--check", "--instances", "1"]) == 1
    shown = capsys.readouterr()
    assert "✗ log in" in shown.out
    assert shown.err == "error: the reason\n"


def test_missing_programs_are_one_error_with_their_packages() -> None:
    done = run("up", "--check", env={"PATH": "/nonexistent"})
    assert done.returncode == 1
    assert "bwrap" in done.stderr
    assert "sudo apt-get install --no-install-recommends bubblewrap" in done.stderr
    assert "skopeo" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_an_unknown_stack_is_an_error_that_names_the_known_ones() -> None:
    done = run("preview", "--stack", "staging")
    assert done.returncode == 1
    assert "there is no stack 'staging'" in done.stderr
    assert "dev, prod" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("file", "file is a file; name a folder"),
        ("file/kept", "Not a directory: "),
        (".", "the folder is not empty, and file in it is not the sandbox's"),
        ("/proc/kept", "No such file or directory: /proc/kept"),
    ],
)
def test_unusable_folder_is_one_error(
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


def test_full_disk_is_one_error() -> None:
    """For a file system of 300 kB, which the image of the checks does not fit into."""
    view = ["--dev-bind", "/", "/", "--size", "300000", "--tmpfs", "/mnt", "--setenv", "TMPDIR", "/mnt"]
    command = [sys.executable, "-m", "sandbox", "up", "--check", "--instances", "1"]
    done = subprocess.run(["bwrap", *view, "--", *command], cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "error: No space left on device; make space" in done.stderr
    assert "Traceback" not in done.stderr


def test_preview_shows_the_tree_and_the_counts_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def starts(*_: object, **__: object) -> None:
        raise AssertionError("preview started a process")

    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(subprocess, "Popen", starts)
    assert main(["preview", "--stack", "dev"]) == 0
    shown = capsys.readouterr().out
    assert "registry  private-registry:index:PrivateRegistry" in shown
    assert "registry-alb  aws:lb/loadBalancer:LoadBalancer" in shown
    assert re.search(r"│ aws:s3/bucket:Bucket +│ 3 ", shown)


@pytest.fixture
def ordinary() -> Iterator[list[str]]:
    """The beginning of a command that an ordinary user runs; when we are one, nothing.

    The interpreter and the project may be where nobody else may look, such as in root's home: they are mounted where
    they are, with open folders above.
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
                view += ["--dir", str(parent)]  # bubblewrap would make those that are missing for root alone
            view += ["--ro-bind", str(path), str(path)]
        become = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", "--inh-caps=-all"]
        yield ["bwrap", "--die-with-parent", *view, "--chdir", str(PROJECT), "--", *become, "env", f"HOME={home}"]


def test_it_works_as_an_ordinary_user(ordinary: list[str]) -> None:
    command = [*ordinary, sys.executable, "-m", "sandbox", "up", "--check", "--instances", "1"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every instance served" in done.stdout


def test_an_ordinary_user_without_an_engine_is_told_what_mends_it(ordinary: list[str]) -> None:
    command = [*ordinary, sys.executable, "-m", "sandbox", "up", "--check", "--containers", "docker"]
    env = {**os.environ, "DOCKER_HOST": "unix:///nonexistent"}
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "apt-get install --no-install-recommends docker.io" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_works_in_a_folder_with_a_space_in_its_name(tmp_path: Path) -> None:
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
    assert shlex.split(example)[1] == str(kept / "last-run/client/with-names")
