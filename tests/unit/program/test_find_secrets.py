"""The secret scanner of `make lint`."""

import os
import re
import secrets
import string
import subprocess
import sys
from pathlib import Path

from tests.unit.helpers import FOLDER

_ALPHABET = string.ascii_letters + string.digits


def random_text(length: int, alphabet: str = _ALPHABET) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def found_lines(file: Path) -> list[int]:
    """The lines of a file in which the scanner finds a secret."""
    environment = {**os.environ, "PYTHON": sys.executable}
    scanned = subprocess.run(
        [FOLDER / "scripts" / "find-secrets", file], env=environment, capture_output=True, text=True, check=False
    )
    lines = [int(line) for line in re.findall(rf"^Location: +{re.escape(str(file))}:(\d+)$", scanned.stdout, re.M)]
    assert bool(lines) == bool(scanned.returncode), scanned.stderr
    return sorted(set(lines))


def test_planted_secrets_are_found(tmp_path: Path) -> None:
    planted = [
        f'ACCESS_KEY = "AKIA{random_text(16, string.ascii_uppercase)}"',
        f"-----BEGIN EC {'PRIVATE'} KEY-----",
        f"url: https://alice:{random_text(12)}@hub.example.com",
        f"token: ghp_{random_text(36)}",
        f"export PULUMI_ACCESS_TOKEN=pul-{secrets.token_hex(20)}",
        f"docker login -p dckr_pat_{random_text(27)}",
        f"alice:$2y$05${random_text(53)}",
    ]
    file = tmp_path / "planted.txt"
    file.write_text("\n".join(planted))
    assert found_lines(file) == list(range(1, len(planted) + 1))


def test_allowed_line_is_no_finding(tmp_path: Path) -> None:
    file = tmp_path / "allowed.txt"
    file.write_text(f"token: ghp_{random_text(36)}  # pragma: allowlist secret\n")
    assert found_lines(file) == []
