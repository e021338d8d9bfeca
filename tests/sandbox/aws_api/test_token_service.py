"""The token service's function, from its package alone, with the emulated AWS API: Amazon S3, AWS KMS, and an STS."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from components import token_service
from components.token_service.rules import Rule
from sandbox.aws import sts
from sandbox.aws.emulator import AwsApi
from tests.sandbox.aws_api.conftest import REGION
from tests.unit.token_service.logins import password, signed
from tests.unit.token_service.services import access_json, get_event

ACCOUNT = "123456789012"
STS_HOST = f"sts.{REGION}.amazonaws.com"
DEPLOYER = sts.Identity.of(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/session")
RULES = [Rule(f"arn:aws:iam::{ACCOUNT}:role/deployer", ("team/*",), ("pull", "push"))]

# As Lambda: it imports the handler from the package, once, and calls it with each event. Lambda has no other modules.
RUNTIME = """
import json, sys, types
from token_service.handler import handle
context = types.SimpleNamespace(aws_request_id="request-1")
print(*[json.dumps(handle(event, context)) for event in json.load(sys.stdin)], sep="\\n", file=sys.stderr)
assert "components" not in sys.modules
"""


@pytest.fixture
def key(aws: Callable[[str], Any]) -> Mapping[str, Any]:
    """The bucket with the rules, and the signing key."""
    s3, kms = aws("s3"), aws("kms")
    s3.create_bucket(Bucket="access", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="access", Key="access.json", Body=access_json(RULES, {}))
    created = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]
    return kms.get_public_key(KeyId=created["Arn"])


def invoke(folder: Path, events: list[Any], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Call the function with events, in a process that has nothing but its package."""
    package = Path(token_service.__file__).parent
    shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), **environment}
    command = [sys.executable, "-c", RUNTIME]
    return subprocess.run(command, input=json.dumps(events), capture_output=True, text=True, cwd=folder, env=env)


def test_function_issues_tokens_that_the_key_signed(api: AwsApi, key: Mapping[str, Any], tmp_path: Path) -> None:
    login = ("aws", password(signed(DEPLOYER.credentials, region=REGION, host=STS_HOST)))
    events = [
        get_event("repository:team/app:pull,push", login=login),
        get_event("repository:team/app:pull", login=("aws", password({}))),
    ]
    with sts.running([DEPLOYER]) as sts_url:
        ran = invoke(tmp_path, events, environment(api, key, AWS_ENDPOINT_URL_STS=sts_url))
    assert ran.returncode == 0, ran.stderr
    issued, refused = map(json.loads, ran.stderr.splitlines())
    assert (issued["statusCode"], refused["statusCode"]) == (200, 401)
    header, claims, signature = json.loads(issued["body"])["token"].split(".")
    public_key = load_der_public_key(key["PublicKey"])
    assert isinstance(public_key, rsa.RSAPublicKey)
    try:
        public_key.verify(decoded(signature), f"{header}.{claims}".encode(), padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        pytest.fail("the token is not signed by the key of KMS")
    access = [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}]
    assert json.loads(decoded(claims))["access"] == access
    assert [json.loads(line)["outcome"] for line in ran.stdout.splitlines()] == ["issued", "refused"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"CONFIG_KEY": "missing"}, "NoSuchKey"), ({"CONFIG_BUCKET": "missing"}, "NoSuchBucket")],
    ids=["no rules", "no bucket"],
)
def test_function_without_rules_fails(
    api: AwsApi, key: Mapping[str, Any], tmp_path: Path, changes: Mapping[str, str], error: str
) -> None:
    """So that its alarm is raised. The load balancer answers 502."""
    ran = invoke(tmp_path, [get_event()], environment(api, key, **changes))
    assert (ran.returncode, error in ran.stderr) == (1, True)


def environment(api: AwsApi, key: Mapping[str, Any], **changes: str) -> dict[str, str]:
    return {
        # For boto3, an empty AWS_PROFILE is the name of a profile.
        **{name: value for name, value in api.environment(REGION).items() if value},
        "REGISTRY": "registry.example.com",
        "ISSUER": "private-registry",
        "SIGNING_KEY_ARN": key["KeyId"],
        "SIGNING_KEY_ID": "AAAA",
        "STS_HOST": STS_HOST,
        "CONFIG_BUCKET": "access",
        "CONFIG_KEY": "access.json",
        **changes,
    }


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
