"""Helpers of several sandbox tests: processes, programs and the commands in the documentation."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from rich.console import Console

from sandbox.ecs.bubblewrap_runtime import PROGRAM
from sandbox.ecs.runtime import RunningContainer
from sandbox.local import Sandbox
from sandbox.machine import programs
from sandbox.machine.process_tree import descendants
from sandbox.machine.processes import wait_until
from sandbox.report import Report

PROJECT = Path(__file__).parents[2]


def quiet_report() -> Report:
    """Make a report that prints nothing."""
    return Report(Console(quiet=True))


def registry_process(container: RunningContainer) -> int:
    """Find the registry's process in bubblewrap."""
    programs = {child: os.readlink(f"/proc/{child}/exe") for child in descendants(int(container.id))}
    (found,) = [child for child, program in programs.items() if program == PROGRAM]
    return found


def install_docker() -> None:
    """Install Debian's docker.io if this user is root. For other users, the sandbox prints how to install it."""
    if os.geteuid() == 0 and shutil.which("dockerd") is None:
        command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "docker.io"]
        subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def now() -> str:
    """A time after all earlier and before all later changes, in the format of the AWS CLI. S3 has whole seconds."""
    last = datetime.now(timezone.utc).replace(microsecond=0)
    wait_until(lambda: datetime.now(timezone.utc) >= last + timedelta(seconds=1), "the next second", seconds=2)
    return (last + timedelta(seconds=1)).isoformat()


def run_documented(sandbox: Sandbox, name: str, **variables: str) -> None:
    """Run a command of docs/operations.md, with the AWS CLI and the emulated AWS API.

    Args:
        name: the name in a comment above the command.
        variables: values for the variables that a user fills in.
    """
    page = (PROJECT / "docs" / "operations.md").read_text()
    (command,) = re.findall(rf"<!-- {name} -->\n```sh\n(.*?)```", page, re.DOTALL)
    assignments = "|".join(variables)
    # The AWS CLI of this environment need not be on the PATH.
    aws = f'aws() {{ {shlex.quote(sys.executable)} -m awscli "$@"; }}\n'
    api = sandbox.stack.api.environment(sandbox.stack.region)
    set_variables = {name: value for name, value in api.items() if value}  # the AWS CLI refuses an empty AWS_PROFILE
    bucket = {"BUCKET": sandbox.stack.declaration.exports["bucketName"]}
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", aws + re.sub(rf"^({assignments})=.*\n", "", command, flags=re.MULTILINE)],
        env={
            **set_variables,
            **bucket,
            **variables,
            "PATH": programs.SEARCH_PATH,
            "HOME": "/nonexistent",
            "AWS_PAGER": "",
        },
        check=True,
        timeout=60,
    )
