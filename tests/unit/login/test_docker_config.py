"""The credential helper in Docker's configuration file."""

import json
from pathlib import Path

import pytest

from private_registry_login import command_line
from private_registry_login.address import Address
from private_registry_login.docker_config import use_helper
from private_registry_login.errors import LoginError


def test_file_is_created_for_its_owner_only(home: Path) -> None:
    file = use_helper([Address("a.example"), Address("b.example", ":8443")])
    assert file == home / ".docker" / "config.json"
    expected = {"credHelpers": {"a.example": "private-registry", "b.example:8443": "private-registry"}}
    assert json.loads(file.read_text()) == expected
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_everything_else_in_the_file_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"auths": {"c.example": {"auth": "eDp5"}}, "credHelpers": {"d.example": "ecr-login"}, "debug": True}
    real = home / "dotfiles.json"
    real.write_text(json.dumps(content))
    (home / "config.json").symlink_to(real)
    monkeypatch.setenv("DOCKER_CONFIG", str(home))
    use_helper([Address("a.example")])
    assert (home / "config.json").is_symlink()
    helpers = {"d.example": "ecr-login", "a.example": "private-registry"}
    assert json.loads(real.read_text()) == {**content, "credHelpers": helpers}


@pytest.mark.parametrize("content", ['{"auths": ', "[]", '{"credHelpers": []}'])
def test_other_file_is_refused_and_kept(home: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (home / "config.json").write_text(content)
    monkeypatch.setenv("DOCKER_CONFIG", str(home))
    with pytest.raises(LoginError, match=r"config\.json is no"):
        use_helper([Address("a.example")])
    assert (home / "config.json").read_text() == content


def test_helper_that_docker_will_not_find_is_an_error(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["private-registry", "configure-docker", "a.example"])
    monkeypatch.setenv("PATH", str(home))
    with pytest.raises(SystemExit, match="not on the PATH"):
        command_line.main()
