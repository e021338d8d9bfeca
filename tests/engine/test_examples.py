"""Each example's life: up, nothing that a second run would change, destroy, nothing left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.conftest import REGION, ROOT
from tests.engine.inventory import inventory
from tests.engine.steps import changed, run

_EXAMPLES = ROOT / "examples"
# Those that use the library itself; for the others see test_plugin*.py.
NAMES = sorted(path.parent.name for path in _EXAMPLES.glob("*/Pulumi.yaml") if "\npackages:" not in path.read_text())
_REGIONS = (REGION, "eu-west-1")


@pytest.fixture
def left(api: AwsApi) -> Callable[[], set[str]]:
    """Asks for what is in the account, in every region that an example uses, and was not at the start."""

    def ask() -> set[str]:
        regions = {region: lambda service, at=region: api.client(service, at) for region in _REGIONS}
        return {id_ for aws in regions.values() for id_ in inventory(aws)}

    before = ask()
    return lambda: ask() - before


@pytest.mark.parametrize("name", NAMES)
def test_an_example_settles_and_leaves_nothing(
    name: str, api: AwsApi, tmp_path: Path, left: Callable[[], set[str]]
) -> None:
    stack = engine.create_stack(_EXAMPLES / name, "dev", api, tmp_path / name)
    run(stack.up)
    assert left()
    # Neither drift nor a change of its own.
    steps = changed(run(stack.preview, refresh=True))
    assert set(steps.values()) == {"refresh"}, steps
    run(stack.destroy)
    assert left() == set()
