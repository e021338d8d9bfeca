"""Fixtures for tests on a real Pulumi engine. Each file gets an empty AWS account on this machine."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from sandbox.aws import emulator
from sandbox.aws.emulator import AwsApi
from tests.engine.deployer import Permissions, allowed_actions
from tests.engine.inventory import inventory
from tests.engine.queries import AwsClients
from tests.engine.stacks import INCAPABILITIES, REGION, ROOT, CreateStack, DeployedStack, create, deploy


class Scheduling(LoadScopeScheduling):
    """Runs in one process: a file, the files that share the prod stack, an example, a stack of configuration changes.

    pytest-xdist 3.8 ignores its own groups (`--dist loadgroup`) with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if "test_prod_" in file:
            return "prod"
        if "test_configuration_changes" in file:
            return f"{file} {nodeid.partition('[')[2].partition('-')[0]}"
        return nodeid if "test_examples" in file else file


# The files whose tests take longest in one process, longest first. They start first, so that no core idles at the end.
# pytest-xdist itself would start first what has most tests.
_LONGEST = (
    *("test_configuration_changes", "test_rotation", "test_deployments", "test_interrupted", "test_sizes"),
    *("test_prod_", "test_zones", "test_pulumi_commands", "test_options", "test_protection", "test_force_destroy"),
    *("test_automation", "test_certificate", "test_bootstrap_upgrade", "test_drift", "test_examples"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [not item.path.name.startswith(prefix) for prefix in _LONGEST])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    return Scheduling(config, log)


# Each process of pytest-xdist has its own. The first process collects them.
_permissions = Permissions()


def pytest_testnodedown(node: Any, error: object) -> None:
    _permissions.required.update(getattr(node, "workeroutput", {}).get("required", ()))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Require no calls of tests that the AWS plugin is unable to run."""
    for each in INCAPABILITIES:
        if report.skipped and each.reason in str(report.longrepr):
            _permissions.required |= allowed_actions(each.permissions)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """After a complete run, fail if the deployer's policy documents allow an action that no test required."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["required"] = sorted(_permissions.required)
    elif exitstatus == 0 and _is_complete(session.config) and (unused := _permissions.unused()):
        print(f"\ndocs/deployer-policy*.json allow actions that no test required: {', '.join(unused)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_complete(config: pytest.Config) -> bool:
    options = config.option
    return config.args == ["tests/engine"] and not (options.keyword or options.markexpr or options.collectonly)


@pytest.fixture(scope="session", autouse=True)
def _pulumi() -> None:
    if shutil.which("pulumi") is None:
        pytest.exit("tests/engine needs pulumi on the PATH. To install it: https://www.pulumi.com/docs/install/", 1)


@pytest.fixture(scope="session", autouse=True)
def _library() -> Iterator[None]:
    """Let programs import the library from this folder, and the plugin run in this virtual environment."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", str(ROOT))
        environment.setenv("VIRTUAL_ENV", sys.prefix)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for a file's stacks."""
    return tmp_path_factory.mktemp("engine")


@pytest.fixture(scope="module")
def api_log(folder: Path) -> Path:
    """The log of the AWS API."""
    return folder / "aws-api.log"


@pytest.fixture(scope="module")
def api(api_log: Path) -> Iterator[AwsApi]:
    """The AWS API of a file."""
    with _running_api(api_log) as api:
        yield api


@pytest.fixture(scope="module")
def aws(api: AwsApi) -> AwsClients:
    """Boto3 clients of the file's account."""
    return lambda service: api.client(service, REGION)


@pytest.fixture(scope="module")
def empty_account(aws: AwsClients) -> set[str]:
    """The resources that an AWS account has from the start."""
    return inventory(aws)


@pytest.fixture(scope="module")
def create_stack(api: AwsApi, folder: Path) -> CreateStack:
    """Creates a stack of a Pulumi project, to be deployed into the file's account."""
    return lambda project, name: create(project, name, api, folder / f"{project.name}-{name}")


@pytest.fixture(scope="module")
def dev(create_stack: CreateStack, api: AwsApi) -> DeployedStack:
    """The deployed dev stack of a file."""
    return deploy(create_stack(ROOT, "dev"), api)


@pytest.fixture(scope="session")
def prod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    """The deployed prod stack, which several files share: tests leave it as it was."""
    folder = tmp_path_factory.mktemp("prod")
    with _running_api(folder / "aws-api.log") as api:
        yield deploy(create(ROOT, "prod", api, folder / "prod"), api)


@contextmanager
def _running_api(log: Path) -> Iterator[AwsApi]:
    """Run an AWS API, then check that the deployer's policy documents allow every call to it."""
    with emulator.running(log=log) as api:
        yield api
    _permissions.record(log)
