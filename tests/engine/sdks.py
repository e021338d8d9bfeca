"""The plugin's schema, and the SDKs that Pulumi generates from it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sandbox.machine import programs
from tests.engine.stacks import ROOT

SCHEMA = ROOT / "plugin" / "schema.json"
_SOURCE = Path(__file__).with_name("gensdk.go")


def schema(home: Path) -> str:
    """Ask the plugin for its schema.

    Args:
        home: a folder for the CLI's files.
    """
    command = ["pulumi", "package", "get-schema", ROOT / "plugin"]
    return _output(command, env={**os.environ, "PULUMI_HOME": str(home)})


def generate(language: str, folder: Path) -> None:
    """Generate an SDK from the schema in the repository.

    `pulumi package gen-sdk` needs the language's host, and not every machine has the one for Node.js. This calls the
    code generator that the hosts use.

    Args:
        language: "python" or "nodejs".
        folder: gets the SDK.
    """
    subprocess.run([_generator(), SCHEMA, language, folder], check=True)


def install(sdk: Path, folder: Path) -> None:
    """Install a Python SDK into a folder for PYTHONPATH. Its requirements are in requirements-dev.txt."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--target", folder, sdk], check=True)


def _generator() -> Path:
    """Build the code generator, once, from Pulumi's Go module in the version of the Python package."""
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
            # With -mod=mod, Go writes go.sum, and verifies the modules by the checksum database.
            command = [programs.go(print), "build", "-mod=mod", "-trimpath", "-o", program, "."]
            _output(command, env={**os.environ, "CGO_ENABLED": "0"}, cwd=folder)
    return program


def _output(command: list[str | Path], **options: Any) -> str:
    """Run a command; if it fails, raise an error with what it printed."""
    completed = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert completed.returncode == 0, completed.stderr[-2000:]
    return completed.stdout
