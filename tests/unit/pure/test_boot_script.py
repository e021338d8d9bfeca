"""The boot script: sound shell, in an order that never lets a half-booted instance serve."""

import shlex
import subprocess
from typing import Any

import pytest

from components.pure.boot_script import user_data
from tests.unit.helpers import written_files

PLAIN: dict[str, Any] = {
    "region": "eu-west-1",
    "cluster": "images",
    "bootstrap_bucket": "files",
    "launch_hook": "booted",
    "attributes": {"kind": "test"},
}
SCRIPT = user_data(**PLAIN)
ODD = 'it\'s "odd" $(touch /tmp/x) `id` ; & \\'


def assigned(script: str, variable: str) -> str:
    """What bash makes of the first assignment to a variable."""
    line = next(line for line in script.splitlines() if line.startswith(f"{variable}="))
    command = ["bash", "-c", f'{line}\nprintf %s "${variable}"']
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "script",
    [SCRIPT, written_files(SCRIPT)["/usr/local/sbin/registry-sync"], written_files(SCRIPT)["/etc/registry-sync.conf"]],
    ids=["boot", "sync", "sync.conf"],
)
def test_bash_accepts_the_script(script: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_script_s_size_is_allowed() -> None:
    assert len(SCRIPT.encode()) < 16 * 1024  # AWS counts it before base64


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("trap 'fail ", "curl "),
        ("meta-data/instance-id", "dnf install"),
        ("dnf install", "\n/usr/local/sbin/registry-sync\n"),
        ("\n/usr/local/sbin/registry-sync\n", "systemctl enable --now registry-sync.timer"),
        ("\n/usr/local/sbin/registry-sync\n", 'echo "ECS_CLUSTER='),
        ('echo "ECS_INSTANCE_ATTRIBUTES=', 'echo "ECS_CLUSTER='),
        ('echo "ECS_CLUSTER=', "\ncomplete_launch CONTINUE"),
    ],
)
def test_steps_come_in_order(earlier: str, later: str) -> None:
    assert 0 < SCRIPT.index(earlier) < SCRIPT.index(later)


def test_an_error_abandons_the_launch_and_keeps_the_agent_out_of_any_cluster() -> None:
    fail = SCRIPT[SCRIPT.index("\nfail() {") : SCRIPT.index("trap 'fail ")]
    assert fail.index("systemctl mask --now ecs") < fail.index("complete_launch ABANDON") < fail.index("exit 1")


def test_the_shell_stops_at_any_error_in_functions_too() -> None:
    assert SCRIPT.splitlines()[:2] == ["#!/bin/bash", "set -Eeuo pipefail"]


@pytest.mark.parametrize(
    ("variable", "script"),
    [
        ("REGION", user_data(**{**PLAIN, "region": ODD})),
        ("CLUSTER", user_data(**{**PLAIN, "cluster": ODD})),
        ("BUCKET", user_data(**{**PLAIN, "bootstrap_bucket": ODD})),
        ("LAUNCH_HOOK", user_data(**{**PLAIN, "launch_hook": ODD})),
    ],
    ids=lambda value: value if value.isupper() else "",
)
def test_odd_values_reach_the_shell_as_they_are(variable: str, script: str) -> None:
    assert assigned(script, variable) == ODD


def test_attributes_reach_the_agent_as_json() -> None:
    assert assigned(SCRIPT, "ATTRIBUTES") == '{"kind":"test"}'


def test_the_timer_runs_the_sync_script() -> None:
    files = written_files(SCRIPT)
    assert "ExecStart=/usr/local/sbin/registry-sync\n" in files["/etc/systemd/system/registry-sync.service"]
    assert "OnUnitInactiveSec=60s\n" in files["/etc/systemd/system/registry-sync.timer"]


def test_the_sync_script_is_told_where_from_and_where_to() -> None:
    lines = written_files(SCRIPT)["/etc/registry-sync.conf"].splitlines()
    assert dict(shlex.split(line)[0].split("=", 1) for line in lines) == {
        "REGION": "eu-west-1",
        "BUCKET": "files",
        "AUTH": "/docker-registry/auth",
        "CERTS": "/docker-registry/certs",
        "GROUP": "1000",
    }
