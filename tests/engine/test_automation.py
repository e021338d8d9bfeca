"""examples/automation: registries that one program deploys at the same time. The tests build on each other."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from sandbox.aws.emulator import AwsApi
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients
from tests.engine.stacks import EXAMPLES, REGION, ROOT

_TEAMS = ("backend", "research")
_WRONG = "Frontend"  # not a valid name of a registry


@pytest.fixture(scope="module")
def environment(folder: Path, api: AwsApi) -> dict[str, str]:
    """The environment of the example, with a backend of its own."""
    backend = folder / "backend"
    backend.mkdir()
    return {
        **os.environ,
        **api.environment(REGION),
        "PYTHONPATH": str(ROOT),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "made up for this test",
    }


@pytest.fixture(scope="module")
def up(environment: dict[str, str], empty_account: set[str]) -> subprocess.CompletedProcess[str]:
    return _run(environment, "up", *_TEAMS, _WRONG)


def test_one_failure_does_not_stop_or_hide_the_others(up: subprocess.CompletedProcess[str], aws: AwsClients) -> None:
    assert up.returncode == 1, up.stderr
    assert f"{_WRONG:20} FAILED\n" in up.stdout
    assert f"the private registry '{_WRONG}' cannot be declared" in up.stdout
    balancers = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    for team in _TEAMS:
        [address] = [each["DNSName"] for each in balancers if each["LoadBalancerName"].startswith(team)]
        assert f"{team:20} {address}\n" in up.stdout


def test_progress_of_all_registries_is_printed_as_it_comes(up: subprocess.CompletedProcess[str]) -> None:
    steps = [line for line in up.stdout.splitlines() if ": create aws:" in line]
    teams = [line.partition(": ")[0] for line in steps]
    assert set(teams) == set(_TEAMS)
    assert len(list(groupby(teams))) > len(_TEAMS)
    assert f"{_TEAMS[0]}: create aws:ecs/cluster:Cluster {_TEAMS[0]}-cluster" in steps


def test_registries_share_one_network(up: subprocess.CompletedProcess[str], aws: AwsClients) -> None:
    [network] = _networks(aws)
    balancers = aws("elbv2").describe_load_balancers()["LoadBalancers"]
    assert [each["VpcId"] for each in balancers] == [network] * len(_TEAMS)


def test_network_is_destroyed_with_the_last_registry(
    environment: dict[str, str], up: subprocess.CompletedProcess[str], aws: AwsClients, empty_account: set[str]
) -> None:
    first = _run(environment, "destroy", _WRONG)
    assert first.returncode == 0, first.stdout + first.stderr
    assert len(_networks(aws)) == 1

    last = _run(environment, "destroy", *_TEAMS)
    assert last.returncode == 0, last.stdout + last.stderr
    assert inventory(aws) == empty_account


def _networks(aws: AwsClients) -> list[str]:
    vpcs = aws("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["false"]}])["Vpcs"]
    return [each["VpcId"] for each in vpcs]


def _run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    program = EXAMPLES / "automation" / "deploy.py"
    return subprocess.run(
        [sys.executable, program, *arguments], env=environment, capture_output=True, text=True, check=False
    )
