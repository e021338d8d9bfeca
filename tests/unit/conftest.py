"""What the tests of components share: one way to declare a program, and the keys and random values made so far."""

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
    """What was imported stays: without it the garbage collector, which thousands of resources call, is quick."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def declare() -> Declare:
    """Declares with keys that are made once for all tests, unless a test brings a state of its own."""
    shared: State = {}

    def declared(
        program: Callable[[], object], *, region: str = "us-west-2", state: State | None = None, preview: bool = False
    ) -> Declaration:
        return evaluate(program, region=region, state=shared if state is None else state, preview=preview)

    return declared


@pytest.fixture(scope="session")
def registry(declare: Declare) -> Declaration:
    """A registry with everything that can be switched on, on registry:2."""
    args = PrivateRegistryArgs(flow_logs=True, deletion_protection=True, tags={"team": "platform"})
    return declare(lambda: PrivateRegistry("images", args))


@pytest.fixture(scope="session")
def registry_3(declare: Declare) -> Declaration:
    """A registry on registry:3, all else by default."""
    return declare(lambda: PrivateRegistry("images", PrivateRegistryArgs(image="registry:3")))


@pytest.fixture(scope="session")
def stack_keys() -> State:
    """The keys and random values of the stacks. What is evaluated with other values must not replace them."""
    return {}


@pytest.fixture(scope="session")
def stacks(stack_keys: State) -> Mapping[str, Declaration]:
    """The stacks as their files have them."""
    return {stack: evaluate_project(FOLDER, stack, state=stack_keys) for stack in ("dev", "prod")}
