"""The example that prepares and checks a copy of images between registries. tests/sandbox/test_migration.py copies."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = Path(__file__).parents[3] / "examples" / "migrate" / "migrate.py"
_DIGEST = f"sha256:{'0123456789abcdef' * 4}"


def migrate(*arguments: str, path: Path | None = None) -> tuple[int, str, str]:
    """Run the program, with a PATH, and return its status, output and errors."""
    env = {"PATH": str(path)} if path else None
    done = subprocess.run(
        [sys.executable, str(_PROGRAM), *arguments], env=env, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


def config(folder: Path, repositories: str, *options: str, target: str = "new.example.com") -> tuple[int, str, str]:
    """Run the command that prints regsync's configuration."""
    listed = folder / "repositories.txt"
    listed.write_text(repositories)
    registries = ["--source", "old.example.com:5000/company", "--target", target]
    return migrate("config", *registries, *options, str(listed))


def regctl(folder: Path, script: str) -> Path:
    """Write a regctl, and return its folder."""
    program = folder / "regctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(("options", "source", "target"), [((), 0, 1), (("--reverse",), 1, 0)], ids=["in", "out"])
def test_configuration_has_a_step_for_each_repository(
    tmp_path: Path, options: tuple[str, ...], source: int, target: int
) -> None:
    listed = f"# what runs\nteam/app\n\nteam/web  frontend/web  # renamed\nteam/app@{_DIGEST}\n"
    expected = [
        ("old.example.com:5000/company/team/app", "new.example.com/team/app", "repository"),
        ("old.example.com:5000/company/team/web", "new.example.com/frontend/web", "repository"),
        (f"old.example.com:5000/company/team/app@{_DIGEST}", f"new.example.com/team/app@{_DIGEST}", "image"),
    ]
    status, output, _ = config(tmp_path, listed, *options)
    assert status == 0
    assert json.loads(output)["sync"] == [
        {"source": step[source], "target": step[target], "type": step[2]} for step in expected
    ]


@pytest.mark.parametrize(
    ("listed", "problems"),
    [
        (
            "Team/App\nteam/app:1\n{{env}}\n",
            ["line 1: 'Team/App' is not NAME", "line 2: 'team/app:1' is not", "line 3: '{{env}}' is not"],
        ),
        (f"team/app@{_DIGEST[:-1]}\n", [f"line 1: 'team/app@{_DIGEST[:-1]}' is not"]),
        ("# none\n\n", ["there is no repository; write a name on each line"]),
        ("a/app app\nb/app app\n", ["a/app, b/app have the same target app"]),
        ("app a/app\napp b/app\n", ["a/app, b/app have the same source app"]),
    ],
)
def test_all_problems_of_a_list_are_named(tmp_path: Path, listed: str, problems: list[str]) -> None:
    status, output, errors = config(tmp_path, listed)
    assert (status, output) == (2, "")
    assert [line for line in errors.splitlines() if line.startswith(tuple(problems))] == errors.splitlines()[1:]
    assert len(errors.splitlines()) == 1 + len(problems)


def test_address_with_a_scheme_is_refused(tmp_path: Path) -> None:
    status, _, errors = config(tmp_path, "team/app\n", target="https://new.example.com")
    assert status == 2
    assert "leave out https://" in errors


def test_list_has_all_pages(tmp_path: Path) -> None:
    """A registry returns at most 1000 repositories (distribution v2.8.3, registry/handlers/catalog.go)."""
    path = regctl(tmp_path, 'case "$6" in "") echo a; echo b;; b) echo c;; esac')
    assert migrate("list", "new.example.com", path=path) == (0, "a\nb\nc\n", "")


def test_list_of_a_registry_without_pages_ends(tmp_path: Path) -> None:
    assert migrate("list", "new.example.com", path=regctl(tmp_path, "echo a; echo b")) == (0, "a\nb\n", "")


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo 'unauthorized [http 401]' >&2; exit 1", "unauthorized [http 401]"), (None, "regctl is not on the PATH")],
)
def test_registry_that_cannot_be_read_is_an_error(tmp_path: Path, script: str | None, reason: str) -> None:
    status, output, errors = migrate("list", "new.example.com", path=regctl(tmp_path, script) if script else tmp_path)
    assert (status, output) == (2, "")
    assert reason in errors


def test_repository_that_the_source_lacks_is_missing(tmp_path: Path) -> None:
    """Such as a misspelled one: it must not count as a repository without tags."""
    (listed := tmp_path / "repositories.txt").write_text("team/ap\n")
    path = regctl(tmp_path, "echo 'not found [http 404]' >&2; exit 1")
    registries = ["--source", "old.example.com", "--target", "new.example.com"]
    status, output, _ = migrate("compare", *registries, str(listed), path=path)
    assert status == 1
    assert output.splitlines()[0] == "missing: new.example.com/team/ap"
