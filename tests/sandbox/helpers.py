"""What several sandbox tests need to know of processes and of HTTP."""

from __future__ import annotations

import base64
import http.client
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from sandbox.local import Sandbox
from sandbox.machine import programs
from sandbox.machine.process_tree import descendants
from sandbox.report import Report

PROJECT = Path(__file__).parents[2]


def quiet() -> Report:
    """A report that nobody sees."""
    return Report(Console(quiet=True))


def status(address: str, port: int, path: str, login: tuple[str, str] | None = None) -> int:
    """The status of a GET over TLS, whoever the certificate is from."""
    headers = {"Authorization": "Basic " + base64.b64encode(":".join(login).encode()).decode()} if login else {}
    connection = http.client.HTTPSConnection(address, port, context=ssl._create_unverified_context(), timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def registry_process(pid: int) -> int:
    """The registry's own process in a bubble."""
    commands = {child: Path(f"/proc/{child}/cmdline").read_bytes() for child in descendants(pid)}
    (found,) = [child for child, command in commands.items() if command.startswith(b"/bin-registry\0")]
    return found


def install_docker() -> None:
    """Debian's docker.io, when root. Anyone else is told by the sandbox what to install."""
    if os.geteuid() == 0 and shutil.which("dockerd") is None:
        command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "docker.io"]
        subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def run_documented(sandbox: Sandbox, name: str, **variables: str) -> None:
    """Run a command of docs/operations.md as a person would, with the AWS CLI pointed at the sandbox's AWS API.

    Args:
        name: stands in a comment above the command.
        variables: in place of the assignments that a person fills in.
    """
    page = (PROJECT / "docs" / "operations.md").read_text()
    (command,) = re.findall(rf"<!-- {name} -->\n```sh\n(.*?)```", page, re.DOTALL)
    assignments = "|".join(variables)
    # As `aws` is on a person's PATH, wherever this environment is.
    aws = f'aws() {{ {shlex.quote(sys.executable)} -m awscli "$@"; }}\n'
    api = sandbox.stack.api.environment(sandbox.stack.region)
    given = {variable: value for variable, value in api.items() if value}  # the CLI takes no empty profile for none
    bucket = {"BUCKET": sandbox.stack.declaration.exports["bucketName"]}
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", aws + re.sub(rf"^({assignments})=.*\n", "", command, flags=re.MULTILINE)],
        env={**given, **bucket, **variables, "PATH": programs.SEARCH_PATH, "HOME": "/nonexistent", "AWS_PAGER": ""},
        check=True,
        timeout=60,
    )
