"""The emulated AWS API, emptied before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from sandbox.aws import emulator
from sandbox.aws.emulator import AwsApi

REGION = "us-west-2"


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsApi]:
    """One emulator for all tests."""
    with emulator.running(log=tmp_path_factory.mktemp("aws-api") / "log") as running:
        yield running


@pytest.fixture
def aws(api: AwsApi) -> Callable[[str], Any]:
    """Make a boto3 client of an empty account, given a service's name."""
    reset = AWSRequest("POST", f"{api.url}/moto-api/reset", data=b"")
    SigV4Auth(Credentials(api.access_key.id, api.access_key.secret), "moto-api", REGION).add_auth(reset)
    assert URLLib3Session().send(reset.prepare()).status_code == 200
    return lambda service: api.client(service, REGION)
