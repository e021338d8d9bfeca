"""The plugin's schema, and the SDKs that Pulumi makes from it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from sandbox.machine import programs
from tests.engine.conftest import ROOT

SCHEMA = ROOT / "plugin" / "schema.json"
_SOURCE = Path(__file__).with_name("gensdk.go")


def environment() -> dict[str, str]:
    """In which the plugin finds the library: here, not as a copy that was installed once."""
    return {"PYTHONPATH": str(ROOT), "VIRTUAL_ENV": sys.prefix}


def schema(home: Path) -> str:
    """What the CLI makes of the plugin."""
    asked = subprocess.run(
        ["pulumi", "package", "get-schema", str(ROOT / "plugin")],
        env={**os.environ, **environment(), "PULUMI_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return asked.stdout


def generate(language: str, folder: Path) -> None:
    """The SDK for "python" or "nodejs", from the schema that is kept in the repository.

    `pulumi package gen-sdk` asks the language's host for it, and not every machine has one for Node.js. This is the
    generator that they all use.
    """
    subprocess.run([_generator(), SCHEMA, language, folder], check=True)


def install(sdk: Path, folder: Path) -> None:
    """A Python SDK into a folder, for PYTHONPATH. Its requirements are in requirements-dev.txt."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--target", folder, sdk], check=True)


def _generator() -> Path:
    """Built once from Pulumi's Go module, of the same version as the Python package."""
    module = f"github.com/pulumi/pulumi/pkg/v3@v{version('pulumi')}"
    key = hashlib.sha256(_SOURCE.read_bytes() + module.encode()).hexdigest()[:12]
    folder = programs.cache() / f"gensdk-{key}"
    program = folder / "gensdk"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            shutil.copy(_SOURCE, folder / "main.go")
            name, _, release = module.partition("@")
            (folder / "go.mod").write_text(f"module gensdk\n\ngo 1.25\n\nrequire {name} {release}\n")
            # go.sum is made here: what it holds, Go takes from the checksum database.
            command = [programs.go(print), "build", "-mod=mod", "-trimpath", "-o", program, "."]
            env = {**os.environ, "CGO_ENABLED": "0"}
            built = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
            assert built.returncode == 0, built.stderr[-2000:]
    return program
