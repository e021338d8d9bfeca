"""The two doors to what a stack declares. Behind both is the same list, made in an AWS API."""

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
    """A stack's declaration, and the AWS API in which it is made."""

    declaration: Declaration
    api: AwsApi

    @property
    def region(self) -> str:
        """The stack's, by the ARN of what it declares."""
        return self.declaration.one("aws:ecs/cluster:Cluster").outputs["arn"].split(":")[3]

    def aws(self, service: str) -> Any:
        """A boto3 client of the AWS API."""
        return self.api.client(service, self.region)


@contextmanager
def by_evaluation(project: Path, name: str, folder: Path, report: Report) -> Iterator[DeclaredStack]:
    """Runs the program under Pulumi's test runtime, and makes what the instances will ask for.

    Args:
        project: the Pulumi project's folder.
        name: the stack's.
        folder: for logs.
    """
    with report.step(f"evaluate the stack {name}") as detail:
        declaration = evaluate_project(project, name, notice=report.notice)
        detail(f"{len(declaration.resources)} resources")
    with _aws_api(folder, report) as api:
        stack = DeclaredStack(declaration, api)
        with report.step("make what is declared") as detail:
            detail(account.create_resources(declaration, stack.aws("s3"), stack.aws("ssm")))
        yield stack


@contextmanager
def by_engine(project: Path, name: str, folder: Path, report: Report) -> Iterator[DeclaredStack]:
    """Runs `pulumi up` against the AWS API. The arguments are those of `by_evaluation`."""
    with _aws_api(folder, report) as api:
        with report.step(f"pulumi up, stack {name}") as detail:
            declaration = engine.up(project, name, api, folder / "pulumi", notice=report.notice)
            detail(f"{len(declaration.resources)} resources")
        yield DeclaredStack(declaration, api)


@contextmanager
def _aws_api(folder: Path, report: Report) -> Iterator[AwsApi]:
    with ExitStack() as stack:
        with report.step("AWS API") as detail:
            api = stack.enter_context(emulator.running(log=folder / "aws-api.log"))
            detail(api.url)
        yield api
