"""The credentials that a container gets from the instance metadata service: never those of the instance role."""

from __future__ import annotations

import base64
import configparser
import dataclasses

import pytest

from sandbox.evaluation.project import evaluate_project
from tests.sandbox.helpers import PROJECT
from tests.sandbox.instance_network import INSTANCE_KEY, ROLES, TASK_KEY, Network, attack
from tests.unit.helpers import written_files


@pytest.fixture(params=["dev", "prod"], ids=["registry:2", "registry:3"], scope="module")
def network(request: pytest.FixtureRequest) -> Network:
    """The declared launch template's options, and the relay of its boot script."""
    template = evaluate_project(PROJECT, request.param).one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    files = written_files(base64.b64decode(template["userData"]).decode())
    unit = configparser.ConfigParser(interpolation=None)
    unit.read_string(files["/etc/systemd/system/registry-credentials.socket"])
    return Network(
        tokens=template["metadataOptions"]["httpTokens"],
        hop_limit=template["metadataOptions"]["httpPutResponseHopLimit"],
        redirect=unit["Socket"]["ExecStartPre"],
        listen=unit["Socket"]["ListenStream"],
        program=files["/usr/local/sbin/registry-credentials"],
    )


def test_container_gets_only_the_credentials_of_its_task(network: Network) -> None:
    answers = attack(network)
    assert answers.container == {
        "token": "404 ",
        ROLES: "200 task",
        f"{ROLES}instance-role": "404 ",
        f"{ROLES}task": f'200 {{"Code":"Success","AccessKeyId": "{TASK_KEY}"}}',
        "/latest/user-data": "404 ",
        f"{ROLES}instance-role, with the token": "404 ",
    }
    assert INSTANCE_KEY in answers.instance[f"{ROLES}instance-role, with the token"]


def test_container_gets_nothing_without_the_redirect(network: Network) -> None:
    """The metadata service requires a token, and its response ends at the instance."""
    answers = attack(dataclasses.replace(network, redirect=""))
    assert answers.container.pop("token") == "000 "
    assert set(answers.container.values()) == {"401 "}
    assert INSTANCE_KEY in answers.instance[f"{ROLES}instance-role, with the token"]


@pytest.mark.parametrize("weaker", [{"tokens": "optional"}, {"hop_limit": 2}], ids=["no tokens", "two hops"])
def test_attack_succeeds_with_weaker_options(network: Network, weaker: dict[str, object]) -> None:
    """Shows that the other tests can fail."""
    answers = attack(dataclasses.replace(network, redirect="", **weaker))
    assert any(INSTANCE_KEY in answer for answer in answers.container.values())
