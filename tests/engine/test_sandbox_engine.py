"""The sandbox's `pulumi up`: a failing program, encrypted config values, a missing CLI."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from sandbox.errors import SandboxError

_STACK_FILE = """config:
  aws:region: us-west-2
  failing:password:
    secure: v1:c29tZWJvZHkncw==:ZWxzZSdz
encryptionsalt: v1:c29tZWJvZHkncw==:v1:ZWxzZSdz
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a failing program and an encrypted config value."""
    (tmp_path / "Pulumi.yaml").write_text("name: failing\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(_STACK_FILE)
    (tmp_path / "__main__.py").write_text('import pulumi\n\nraise pulumi.RunError("this is the reason")\n')
    return tmp_path


def test_failing_program_ends_with_its_error(project: Path, api: AwsApi) -> None:
    with pytest.raises(SandboxError) as failure:
        engine.up(project, "dev", api, project / "pulumi")
    assert str(failure.value) == "pulumi up failed:\nthis is the reason"


def test_encrypted_values_are_left_out_and_the_stack_file_is_unchanged(project: Path, api: AwsApi) -> None:
    notices: list[str] = []
    stack = engine.create_stack(project, "dev", api, project / "pulumi", notice=notices.append)
    assert list(stack.get_all_config()) == ["aws:region"]
    assert [notice.partition(" ")[0] for notice in notices] == ["failing:password"]
    assert (project / "Pulumi.dev.yaml").read_text() == _STACK_FILE


def test_missing_pulumi_cli_prints_how_to_install_it(
    project: Path, api: AwsApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SandboxError, match=r"https://www\.pulumi\.com/docs/install/"):
        engine.create_stack(project, "dev", api, project / "pulumi")
