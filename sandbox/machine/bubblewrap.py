"""Bubblewrap: processes in namespaces with their own root, user and process ids, without a daemon or root."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sandbox.machine import programs
from sandbox.machine.processes import running

IS_ROOT = os.geteuid() == 0


def system() -> list[str]:
    """Arguments for a root file system that has the machine's programs, read-only, and nothing else."""
    arguments = ["--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"]
    arguments += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    for folder in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        if os.path.islink(folder):
            arguments += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            arguments += ["--ro-bind", folder, folder]
    # Debian's alternatives: /usr/bin/awk is a link to a link in this folder.
    return [*arguments, *parents("/etc/alternatives"), "--ro-bind", "/etc/alternatives", "/etc/alternatives"]


def python() -> list[str]:
    """Arguments that add this Python environment, wherever it is installed."""
    prefixes = {prefix for prefix in (sys.prefix, sys.base_prefix) if not Path(prefix).is_relative_to("/usr")}
    return [argument for prefix in sorted(prefixes) for argument in (*parents(prefix), "--ro-bind", prefix, prefix)]


def parents(path: str) -> list[str]:
    """Arguments for the folders above a path. By itself, bubblewrap makes them accessible for root only."""
    folders = [str(folder) for folder in reversed(Path(path).parents)][1:]
    return [argument for folder in folders for argument in ("--perms", "0755", "--dir", folder)]


def user(uid: int, gid: int) -> list[str]:
    """Arguments for a user. An ordinary user gets it by a user namespace, root by `become`."""
    return [] if IS_ROOT else ["--unshare-user", "--uid", str(uid), "--gid", str(gid)]


def become(uid: int, gid: int) -> list[str]:
    """The command that makes root, in its namespaces, a user without capabilities."""
    if not IS_ROOT:
        return []
    ids = ["--reuid", str(uid), "--regid", str(gid), "--clear-groups"]
    return ["/usr/bin/setpriv", *ids, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", "--"]


@contextmanager
def bubble(
    arguments: Sequence[str],
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` in namespaces, until the end of the block.

    Args:
        arguments: for bubblewrap. They and `env` go through a file descriptor, since command lines are public.
        pass_fds: the file descriptors that the command inherits.
    """
    settings = [*arguments, "--clearenv"]
    for name, value in env.items():
        settings += ["--setenv", name, value]
    descriptor = os.memfd_create("bwrap")
    try:
        os.write(descriptor, b"".join(argument.encode() + b"\0" for argument in settings))
        os.lseek(descriptor, 0, os.SEEK_SET)
        argv = [programs.require(["bwrap"])["bwrap"], "--args", str(descriptor), "--", *command]
        with running(argv, env={}, log=log, pass_fds=[descriptor, *pass_fds]) as process:
            yield process
    finally:
        os.close(descriptor)
