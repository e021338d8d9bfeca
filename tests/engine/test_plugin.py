"""A program that uses the package by its generated SDK, through the plugin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine, stack_state
from sandbox.aws_api import AwsApi
from sandbox.declared import Declaration
from tests.engine import sdks
from tests.engine.certificates import issue
from tests.engine.conftest import ROOT
from tests.engine.inventory import inventory
from tests.engine.steps import Run, changed, errors, exported, run

_DOMAIN = "registry.example.com"
_REGISTRY = "private-registry:index:PrivateRegistry"
_USER, _PASSWORD = "alice", "what-alice-alone-knows"
_UPSTREAM_PASSWORD = "what-the-hub-knows-too"


@pytest.fixture(scope="module")
def empty(aws: Callable[[str], Any]) -> set[str]:
    """What is in the account before."""
    return inventory(aws)


@pytest.fixture(scope="module")
def private_key() -> str:
    return issue(_DOMAIN).key_pem


@pytest.fixture(scope="module")
def new(api: AwsApi, folder: Path) -> Iterator[auto.Stack]:
    """The example's stack before its first `up`, its SDK generated."""
    sdks.generate("python", folder / "sdk")
    with pytest.MonkeyPatch.context() as patch:
        for key, value in sdks.environment().items():
            patch.setenv(key, value)
        patch.setenv("PYTHONPATH", f"{folder / 'sdk'}:{ROOT}")
        yield engine.select(ROOT / "examples" / "python-sdk", "dev", api, folder / "dev")
