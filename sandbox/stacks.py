"""Two ways to a stack's declaration, evaluation and `pulumi up`, each with its resources in the emulated AWS API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import engine
from sandbox.aws import account, emulator
from sandbox.aws.emulator import AwsApi
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.project import evaluate_project
from sandbox.report import Report


@dataclass(frozen=True)
class DeclaredStack:
    """A stack's declaration, and the emulated AWS API with its resources."""

    declaration: Declaration
    api: AwsApi

    @property
    def region(self) -> str:
        """The stack's region, from an ARN."""
        return self.declaration.one("aws:ecs/cluster:Cluster").outputs["arn"].split(":")[3]

    def aws(self, service: str, region: str | None = None) -> Any:
        """Make a boto3 client. Its Region is the stack's by default."""
        return self.api.client(service, region or self.region)


@contextmanager
def by_evaluation(project: Path, name: str, folder: Path, report: Report) -> Iterator[DeclaredStack]:
    """Evaluate the program under Pulumi's test runtime, and create the resources that the instances read.

    Args:
        project: the folder of the Pulumi project.
        name: the stack's name.
        folder: for logs.
        report: shows the steps.
    """
    with report.step(f"evaluate stack {name}") as detail:
        declaration = evaluate_project(project, name, notice=report.notice)
        detail(f"{len(declaration.resources)} resources")
    with _aws_api(folder, report) as api:
        stack = DeclaredStack(declaration, api)
        with report.step("create buckets, objects, parameters") as detail:
            detail(account.create_resources(declaration, stack.aws))
        yield stack


@contextmanager
def by_engine(project: Path, name: str, folder: Path, report: Report) -> Iterator[DeclaredStack]:
    """Run `pulumi up` with the emulated AWS API. For the arguments, see `by_evaluation`."""
    with _aws_api(folder, report) as api:
        with report.step(f"run pulumi up for stack {name}") as detail:
            declaration = engine.up(project, name, api, folder / "pulumi", notice=report.notice)
            detail(f"{len(declaration.resources)} resources")
        yield DeclaredStack(declaration, api)


@contextmanager
def _aws_api(folder: Path, report: Report) -> Iterator[AwsApi]:
    with ExitStack() as stack:
        with report.step("start the AWS API") as detail:
            api = stack.enter_context(emulator.running(log=folder / "aws-api.log"))
            detail(api.url)
        yield api
