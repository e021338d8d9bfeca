"""Config that cannot be used: one error through the CLI that lists all that is wrong, and no secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.conftest import ROOT
from tests.engine.steps import Run, errors

_LONG_PASSWORD = "a-password-of-more-than-72-bytes-" * 3
_OTHER_PASSWORD = "the-password-of-a-wrong-user"
_KEY = "not-a-private-key"


@pytest.fixture(scope="module")
def refused(api: AwsApi, folder: Path) -> tuple[Run, str]:
    """What the engine said of a preview, and all text that the CLI printed."""
    stack = engine.select(ROOT, "dev", api, folder / "dev")
    for key, value in {"minSize": "9", "vpcCidr": "8.8.0.0/16", "natGateways": "some", "image": "registry"}.items():
        stack.set_config(f"registry:{key}", auto.ConfigValue(value))
    stack.set_config("registry:users.bob", auto.ConfigValue(_LONG_PASSWORD, secret=True), path=True)
    stack.set_config("registry:users.al:ice", auto.ConfigValue(_OTHER_PASSWORD, secret=True), path=True)
    stack.set_config("registry:privateKey", auto.ConfigValue(_KEY, secret=True))
    said = Run()
    with pytest.raises(auto.CommandError) as failure:
        stack.preview(on_output=said.output.append, on_event=said.events.append, color="never")
    return said, "\n".join([*said.output, str(failure.value)])


def test_one_error_lists_all_that_is_wrong(refused: tuple[Run, str]) -> None:
    [error] = errors(refused[0])
    headings = [line.strip() for line in error.splitlines() if line.startswith("  registry:")]
    assert "7 problems" in error.splitlines()[0]
    assert len(headings) == 7
    for wrong in (
        "registry:image: 'registry'",
        "registry:minSize, desiredCapacity, maxSize: out of order: minSize 9",
        "registry:natGateways: 'some'",
        "registry:certificate: ",
        "registry:users: the password of 'bob'",
        "registry:users: the user name 'al:ice'",
        "registry:vpcCidr: '8.8.0.0/16'",
    ):
        assert [heading for heading in headings if heading.startswith(wrong)], wrong


def test_there_is_no_traceback(refused: tuple[Run, str]) -> None:
    assert "cannot be declared" in refused[1]
    assert "Traceback" not in refused[1]
    assert ".py" not in refused[1]


@pytest.mark.parametrize("secret", [_LONG_PASSWORD, _OTHER_PASSWORD, _KEY], ids=["too long", "wrong user", "key"])
def test_no_secret_is_told(refused: tuple[Run, str], secret: str) -> None:
    assert "cannot be declared" in refused[1]
    assert secret not in refused[1]
