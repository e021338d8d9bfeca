"""The boot script: valid shell, steps in the right order, values quoted."""

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
}
SCRIPT = user_data(**PLAIN)
ODD = 'it\'s "odd" $(touch /tmp/x) `id` ; & \\'


def assigned(script: str, variable: str) -> str:
    """Return the value that bash assigns to a variable."""
    line = next(line for line in script.splitlines() if line.startswith(f"{variable}="))
    command = ["bash", "-c", f'{line}\nprintf %s "${variable}"']
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "script",
    [SCRIPT, written_files(SCRIPT)["/usr/local/sbin/registry-sync"], written_files(SCRIPT)["/etc/registry-sync.conf"]],
    ids=["boot", "sync", "sync.conf"],
)
def test_bash_syntax_is_valid(script: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_script_fits_into_user_data() -> None:
    assert len(SCRIPT.encode()) < 16 * 1024  # the limit applies before base64


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("trap 'fail ", "token=$(curl "),
        ("meta-data/instance-id", "dnf install"),
        ("dnf install", "\n/usr/local/sbin/registry-sync\n"),
        ("\n/usr/local/sbin/registry-sync\n", "systemctl enable --now registry-sync.timer"),
        ("\n/usr/local/sbin/registry-sync\n", 'echo "ECS_CLUSTER='),
        ("systemctl enable --now registry-credentials.socket", 'echo "ECS_CLUSTER='),
        ('echo "ECS_CLUSTER=', "\ncomplete_launch CONTINUE"),
    ],
)
def test_order_of_the_steps(earlier: str, later: str) -> None:
    assert 0 < SCRIPT.index(earlier) < SCRIPT.index(later)


def test_error_masks_the_ecs_agent_and_abandons_the_launch() -> None:
    fail = SCRIPT[SCRIPT.index("\nfail() {") : SCRIPT.index("trap 'fail ")]
    assert fail.index("systemctl mask --now ecs") < fail.index("complete_launch ABANDON") < fail.index("exit 1")


def test_script_stops_at_any_error() -> None:
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
def test_values_are_quoted(variable: str, script: str) -> None:
    assert assigned(script, variable) == ODD


def test_timer_runs_the_sync_script() -> None:
    files = written_files(SCRIPT)
    assert "ExecStart=/usr/local/sbin/registry-sync\n" in files["/etc/systemd/system/registry-sync.service"]
    assert "OnUnitInactiveSec=60s\n" in files["/etc/systemd/system/registry-sync.timer"]


def test_settings_of_the_sync_script() -> None:
    lines = written_files(SCRIPT)["/etc/registry-sync.conf"].splitlines()
    assert dict(shlex.split(line)[0].split("=", 1) for line in lines) == {
        "REGION": "eu-west-1",
        "BUCKET": "files",
        "AUTH": "/docker-registry/auth",
        "CERTS": "/docker-registry/certs",
        "GROUP": "1000",
    }
