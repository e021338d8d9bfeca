"""The credentials relay's program, run with stand-ins for Docker and for the ECS agent."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from components.pure.credentials_relay import FILES, PROGRAM

TASK, OTHER_TASK, FOREIGN = "172.17.0.2", "172.17.0.3", "172.17.0.4"
ROLE = "/latest/meta-data/iam/security-credentials/"
# The line breaks and spaces are those of Docker.
STAND_INS = {
    "docker": """
case $1 in
  ps) printf '%s\\n' one two foreign ;;
  inspect) printf '%s\\n' "172.17.0.2 /v2/credentials/one" "172.17.0.3 /v2/credentials/two" "172.17.0.4 " ;;
esac
""",
    "curl": """
case ${!#} in
  http://169.254.170.2/v2/credentials/*) echo '{"RoleArn":"arn","AccessKeyId":"'"${!###*/}"'"}' ;;
  *) exit 22 ;;
esac
""",
}

Ask = Callable[..., tuple[str, str]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Send a request from a container's address. Return the status line and the body of the response."""
    program = tmp_path / "registry-credentials"
    for name, content in {**STAND_INS, program.name: FILES[PROGRAM]}.items():
        (tmp_path / name).write_text(content if name == program.name else f"#!/bin/bash\n{content}")
        (tmp_path / name).chmod(0o755)

    def send(path: str, *, method: str = "GET", caller: str = TASK) -> tuple[str, str]:
        done = subprocess.run(
            [program],
            input=f"{method} {path} HTTP/1.1\r\nHost: 169.254.169.254\r\nUser-Agent: aws-sdk-go/1.15.11\r\n\r\n",
            capture_output=True,
            text=True,
            check=True,
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "REMOTE_ADDR": caller},
            timeout=10,
        )
        head, _, body = done.stdout.partition("\n\n")
        status, *headers = head.splitlines()
        assert f"Content-Length: {len(body)}" in headers
        return status, body

    return send


@pytest.mark.parametrize(("caller", "key"), [(TASK, "one"), (OTHER_TASK, "two")])
def test_container_gets_the_credentials_of_its_own_task(ask: Ask, caller: str, key: str) -> None:
    role = ask(ROLE, caller=caller)
    status, body = ask(f"{ROLE}{role[1]}", caller=caller)
    assert (role[0], status) == ("HTTP/1.1 200 OK", "HTTP/1.1 200 OK")
    assert json.loads(body) == {"Code": "Success", "RoleArn": "arn", "AccessKeyId": key}


@pytest.mark.parametrize("caller", [FOREIGN, "10.0.0.9"], ids=["without a task role", "unknown"])
def test_container_without_a_task_role_gets_nothing(ask: Ask, caller: str) -> None:
    assert ask(f"{ROLE}task", caller=caller) == ("HTTP/1.1 503 Service Unavailable", "")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/latest/api/token"),
        ("GET", "/latest/user-data"),
        ("GET", f"{ROLE}other"),
        ("GET", f"{ROLE}task/../other"),
        ("GET", "/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance"),
        ("GET", "/v2/credentials/two"),
        ("GET", "*"),
    ],
)
def test_other_requests_are_not_found(ask: Ask, method: str, path: str) -> None:
    assert ask(path, method=method) == ("HTTP/1.1 404 Not Found", "")
