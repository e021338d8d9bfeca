"""The files that instances fetch."""

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
        made = Bootstrap("boot", BootstrapArgs(htpasswd="alice:hash\n", access_log_bucket="logs"))
        pulumi.CustomResource("test:index:Probe", "probe", {"bucket": made.bucket})

    return declare(program)


def content(bootstrap: Declaration, file: str) -> str:
    return bootstrap.one(OBJECT, f"boot-{file}").inputs["content"]


def test_the_files_are_in_the_bucket_by_the_names_that_the_boot_script_knows(bootstrap: Declaration) -> None:
    bucket = bootstrap.one("aws:s3/bucket:Bucket").outputs["bucket"]
    placed = {(file.inputs["bucket"], file.inputs["key"]) for file in bootstrap.all(OBJECT)}
    assert placed == {(bucket, "htpasswd"), (bucket, "domain.crt"), (bucket, "domain.key")}
    assert content(bootstrap, "htpasswd") == "alice:hash\n"


def test_the_backend_certificate_fits_its_key(bootstrap: Declaration) -> None:
    certificate = content(bootstrap, "domain.crt")
    assert pem_problems(certificate, content(bootstrap, "domain.key")) == []
    assert isinstance(x509.load_pem_x509_certificate(certificate.encode()).public_key(), ec.EllipticCurvePublicKey)


def test_users_and_key_are_secrets_even_when_given_in_clear(bootstrap: Declaration) -> None:
    secret = {file.inputs["key"] for file in bootstrap.all(OBJECT) if "content" in file.secret_inputs}
    assert secret == {"htpasswd", "domain.key"}


def test_the_bucket_can_be_made_anew(bootstrap: Declaration) -> None:
    bucket = bootstrap.one("aws:s3/bucket:Bucket")
    assert (bucket.protect, bucket.inputs["forceDestroy"]) == (False, True)


def test_the_bucket_is_known_once_all_files_are_there(bootstrap: Declaration) -> None:
    assert {file.urn for file in bootstrap.all(OBJECT)} <= bootstrap.one("test:index:Probe").dependencies
