"""An AWS API on this machine, emptied before each test."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox import account, aws_api
from sandbox.aws_api import AwsApi

REGION = "us-west-2"


@pytest.fixture(scope="session")
def _api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsApi]:
    with aws_api.running(log=tmp_path_factory.mktemp("aws-api") / "log") as running:
        yield running


@pytest.fixture
def aws(_api: AwsApi) -> Callable[[str], Any]:
    """From a service's name to a boto3 client of an empty account."""
    urllib.request.urlopen(urllib.request.Request(f"{_api.url}/moto-api/reset", method="POST")).close()
    return lambda service: account.client(service, _api.url, REGION)
