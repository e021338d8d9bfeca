"""The bucket with the bootstrap files."""

import pulumi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from components.bootstrap import Bootstrap, BootstrapArgs
from components.checks.pem import pem_problems
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"


@pytest.fixture(scope="module")
def bootstrap(declare: Declare) -> Declaration:
    def program() -> None:
        created = Bootstrap("boot", BootstrapArgs(htpasswd="alice:hash\n", access_log_bucket="logs"))
        pulumi.CustomResource("test:index:Probe", "probe", {"bucket": created.bucket})

    return declare(program)


def content(bootstrap: Declaration, file: str) -> str:
    return bootstrap.one(OBJECT, f"boot-{file}").inputs["content"]


def test_bucket_contains_the_bootstrap_files(bootstrap: Declaration) -> None:
    bucket = bootstrap.one("aws:s3/bucket:Bucket").outputs["bucket"]
    objects = {(file.inputs["bucket"], file.inputs["key"]) for file in bootstrap.all(OBJECT)}
    assert objects == {(bucket, "htpasswd"), (bucket, "domain.crt"), (bucket, "domain.key")}
    assert content(bootstrap, "htpasswd") == "alice:hash\n"


def test_backend_certificate_matches_its_key(bootstrap: Declaration) -> None:
    certificate = content(bootstrap, "domain.crt")
    assert pem_problems(certificate, content(bootstrap, "domain.key")) == []
    assert isinstance(x509.load_pem_x509_certificate(certificate.encode()).public_key(), ec.EllipticCurvePublicKey)


def test_htpasswd_and_key_are_secrets(bootstrap: Declaration) -> None:
    secret = {file.inputs["key"] for file in bootstrap.all(OBJECT) if "content" in file.secret_inputs}
    assert secret == {"htpasswd", "domain.key"}


def test_bucket_can_be_deleted(bootstrap: Declaration) -> None:
    bucket = bootstrap.one("aws:s3/bucket:Bucket")
    assert (bucket.protect, bucket.inputs["forceDestroy"]) == (False, True)


def test_bucket_output_depends_on_the_files(bootstrap: Declaration) -> None:
    assert {file.urn for file in bootstrap.all(OBJECT)} <= bootstrap.one("test:index:Probe").dependencies
