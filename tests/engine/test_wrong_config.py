"""Configuration that cannot be used: the CLI shows one error with all problems and without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.commands import CommandOutput, run_failing
from tests.engine.stacks import ROOT

_LONG_PASSWORD = "a-password-of-more-than-72-bytes-" * 3
_OTHER_PASSWORD = "kettle harbour ginger saddle owl"
_WEAK_PASSWORD = "carol-is-the-best-2026"
_KEY = "not-a-private-key"


@pytest.fixture(scope="module")
def refused(api: AwsApi, folder: Path) -> CommandOutput:
    """The output of a preview."""
    stack = engine.create_stack(ROOT, "dev", api, folder / "dev")
    for key, value in {"minSize": "9", "vpcCidr": "8.8.0.0/16", "natGateways": "some", "image": "registry"}.items():
        stack.set_config(f"registry:{key}", auto.ConfigValue(value))
    stack.set_config("registry:users.bob", auto.ConfigValue(_LONG_PASSWORD, secret=True), path=True)
    stack.set_config("registry:users.al:ice", auto.ConfigValue(_OTHER_PASSWORD, secret=True), path=True)
    stack.set_config("registry:users.carol", auto.ConfigValue(_WEAK_PASSWORD, secret=True), path=True)
    stack.set_config("registry:privateKey", auto.ConfigValue(_KEY, secret=True))
    return run_failing(stack.preview)


def test_error_lists_all_problems(refused: CommandOutput) -> None:
    [error] = refused.errors
    headings = [line.strip() for line in error.splitlines() if line.startswith("  registry:")]
    assert "8 problems" in error.splitlines()[0]
    assert len(headings) == 8
    for expected in (
        "registry:image: 'registry'",
        "registry:minSize, desiredCapacity, maxSize: out of order: `minSize` is 9",
        "registry:natGateways: 'some'",
        "registry:certificate: ",
        "registry:users: the password of 'bob'",
        "registry:users: the password of 'carol' (a secret) is easy to guess",
        "registry:users: the user name 'al:ice'",
        "registry:vpcCidr: '8.8.0.0/16'",
    ):
        assert [heading for heading in headings if heading.startswith(expected)], expected


def test_error_has_no_traceback(refused: CommandOutput) -> None:
    assert "cannot be declared" in refused.text
    assert "Traceback" not in refused.text
    assert ".py" not in refused.text


@pytest.mark.parametrize(
    "secret",
    [_LONG_PASSWORD, _OTHER_PASSWORD, _WEAK_PASSWORD, _KEY],
    ids=["too long", "wrong user", "weak", "key"],
)
def test_error_shows_no_secret(refused: CommandOutput, secret: str) -> None:
    assert "cannot be declared" in refused.text
    assert secret not in refused.text
