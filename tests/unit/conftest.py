"""Fixtures that the unit tests share."""

import gc
from collections.abc import Callable, Mapping

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.evaluate import evaluate
from sandbox.evaluation.monitor import State
from sandbox.evaluation.project import evaluate_project
from tests.unit.helpers import FOLDER, Declare


def pytest_collection_finish() -> None:
    """Exclude imported modules from garbage collection, which is slow with thousands of resources."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def declare() -> Declare:
    """Evaluate programs, with the same keys and random values in all tests, unless a test passes its own state."""
    shared: State = {}

    def evaluate_program(
        program: Callable[[], object], *, region: str = "us-west-2", state: State | None = None, preview: bool = False
    ) -> Declaration:
        return evaluate(program, region=region, state=shared if state is None else state, preview=preview)

    return evaluate_program


@pytest.fixture(scope="session")
def registry(declare: Declare) -> Declaration:
    """A registry:2 with all optional features."""
    args = PrivateRegistryArgs(flow_logs=True, deletion_protection=True, monitoring=True, tags={"team": "platform"})
    return declare(lambda: PrivateRegistry("images", args))


@pytest.fixture(scope="session")
def registry_3(declare: Declare) -> Declaration:
    """A registry:3 with default arguments."""
    return declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(image="registry:3")))


@pytest.fixture(scope="session")
def stack_keys() -> State:
    """The keys and random values of the stacks, apart from those of other evaluations."""
    return {}


@pytest.fixture(scope="session")
def stacks(stack_keys: State) -> Mapping[str, Declaration]:
    """The stacks as their files configure them."""
    return {stack: evaluate_project(FOLDER, stack, state=stack_keys) for stack in ("dev", "prod")}
