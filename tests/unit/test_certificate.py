"""The certificate, from each of its sources."""

import pulumi
import pytest
from cryptography import x509

from components.certificate import Certificate, CertificateArgs
from components.checks.pem import names, pem_problems
from components.pure.location import Location
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import BEIJING, OREGON, Declare
from tests.unit.pems import issue

DOMAIN = "registry.example.com"
ROOT = issue(common_name="root")
LEAF = issue(DOMAIN, by=ROOT)
SERVER_CERTIFICATE = "aws:iam/serverCertificate:ServerCertificate"


def declared(declare: Declare, args: CertificateArgs) -> Declaration:
    def program() -> None:
        created = Certificate("cert", args)
        pulumi.export("arn", created.arn)
        pulumi.export("caCertificate", created.ca_certificate)

    return declare(program)


@pytest.mark.parametrize("chain", [None, ROOT.pem])
def test_pems_are_uploaded(declare: Declare, chain: str | None) -> None:
    args = CertificateArgs(
        location=OREGON, domain=DOMAIN, certificate=LEAF.pem, private_key=LEAF.key_pem, certificate_chain=chain
    )
    certificate = declared(declare, args)
    uploaded = certificate.one(SERVER_CERTIFICATE)
    assert uploaded.inputs["certificateBody"] == LEAF.pem
    assert uploaded.inputs["privateKey"] == LEAF.key_pem
    assert uploaded.inputs.get("certificateChain") == chain
    assert certificate.exports["arn"] == uploaded.outputs["arn"]
    assert certificate.exports.get("caCertificate") is None


def test_plain_text_key_becomes_a_secret(declare: Declare) -> None:
    args = CertificateArgs(location=OREGON, certificate=LEAF.pem, private_key=LEAF.key_pem)
    assert "privateKey" in declared(declare, args).one(SERVER_CERTIFICATE).secret_inputs


def test_arn_is_used_unchanged(declare: Declare) -> None:
    arn = "arn:aws:iam::123456789012:server-certificate/mine"
    certificate = declared(declare, CertificateArgs(location=OREGON, certificate_arn=arn))
    assert certificate.exports["arn"] == arn
    assert certificate.exports.get("caCertificate") is None
    assert [resource.type for resource in certificate.resources] == ["private-registry:index:Certificate"]


@pytest.mark.parametrize(
    ("domain", "location", "name"),
    [
        (DOMAIN, OREGON, DOMAIN),
        (None, OREGON, "*.us-west-2.elb.amazonaws.com"),
        (None, BEIJING, "*.cn-north-1.elb.amazonaws.com.cn"),
    ],
)
def test_self_signed_certificate_covers_the_address(
    declare: Declare, domain: str | None, location: Location, name: str
) -> None:
    certificate = declared(declare, CertificateArgs(location=location, domain=domain))
    uploaded = certificate.one(SERVER_CERTIFICATE).inputs
    pem = uploaded["certificateBody"]
    assert names(x509.load_pem_x509_certificate(pem.encode())) == [name]
    assert pem_problems(pem, uploaded["privateKey"]) == []
    assert certificate.exports["caCertificate"] == pem


def test_self_signed_certificate_is_no_authority(declare: Declare) -> None:
    """tests/sandbox/test_push_and_pull.py tries to use its key as one."""
    pem = declared(declare, CertificateArgs(location=OREGON)).exports["caCertificate"]
    certificate = x509.load_pem_x509_certificate(pem.encode())
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days <= 825  # Apple's limit


def test_only_the_key_of_the_self_signed_certificate_is_a_secret(declare: Declare) -> None:
    certificate = declared(declare, CertificateArgs(location=OREGON))
    assert certificate.one(SERVER_CERTIFICATE).secret_inputs == {"privateKey"}
    assert certificate.secret_exports == frozenset()
