"""What the tests on a real Pulumi engine share: per file, an empty AWS account on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto
from xdist.scheduler import LoadScopeScheduling

from sandbox import engine
from sandbox.aws import emulator
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation import stack_state
from sandbox.evaluation.declared import Declaration
from tests.engine.deployer import Permissions
from tests.engine.inventory import inventory
from tests.engine.steps import run

ROOT = Path(__file__).parents[2]
REGION = "us-west-2"  # that of Pulumi.dev.yaml and Pulumi.prod.yaml


class Scheduling(LoadScopeScheduling):
    """What one process gets: a file, since its tests share a stack; all files about prod; an example; a changed stack.

    xdist's own groups are not told apart by pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if "test_prod_" in file:
            return "prod"
        if "test_configuration_changes" in file:
            return f"{file} {nodeid.partition('[')[2].partition('-')[0]}"
        return nodeid if "test_examples" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


# Each process of pytest-xdist has its own; the first one gathers them.
_permissions = Permissions()


def pytest_testnodedown(node: Any, error: object) -> None:
    _permissions.needed.update(getattr(node, "workeroutput", {}).get("needed", ()))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """After all tests: the documents allow nothing that no test needed."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["needed"] = sorted(_permissions.needed)
    elif exitstatus == 0 and _is_whole(session.config) and (unneeded := _permissions.unneeded()):
        print(f"\ndocs/deployer-policy*.json allow what no test needed: {', '.join(unneeded)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_whole(config: pytest.Config) -> bool:
    """Whether nothing was left out."""
    options = config.option
    return config.args == ["tests/engine"] and not (options.keyword or options.markexpr or options.collectonly)


@pytest.fixture(scope="session", autouse=True)
def _pulumi() -> None:
    if shutil.which("pulumi") is None:
        pytest.exit("tests/engine want pulumi on the PATH; install it: https://www.pulumi.com/docs/install/", 1)


@pytest.fixture(scope="session", autouse=True)
def _library() -> Iterator[None]:
    """Programs elsewhere than at the root find it, as if it were installed."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", str(ROOT))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For a file's stack and the AWS API's log."""
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def api(folder: Path) -> Iterator[AwsApi]:
    """An AWS API of a file's own. What is called needs no permission that a deployer lacks."""
    log = folder / "aws-api.log"
    with emulator.running(log=log) as running:
        yield running
    _permissions.record(log)


@pytest.fixture(scope="module")
def aws(api: AwsApi) -> Callable[[str], Any]:
    """From a service's name to a boto3 client of that API."""
    return _clients(api)


@pytest.fixture(scope="module")
def empty(aws: Callable[[str], Any]) -> set[str]:
    """What is in the account before."""
    return inventory(aws)


@dataclass(frozen=True)
class Deployed:
    """A stack that is up, alone in its account."""

    api: AwsApi
    stack: auto.Stack
    declared: Declaration
    aws: Callable[[str], Any]


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The prod stack. Nobody changes it."""
    folder = tmp_path_factory.mktemp("prod")
    log = folder / "aws-api.log"
    with emulator.running(log=log) as api:
        stack = engine.create_stack(ROOT, "prod", api, folder / "prod")
        run(stack.up)
        yield Deployed(api, stack, stack_state.declaration(stack.export_stack().deployment), _clients(api))
    _permissions.record(log)


def _clients(api: AwsApi) -> Callable[[str], Any]:
    return lambda service: api.client(service, REGION)
