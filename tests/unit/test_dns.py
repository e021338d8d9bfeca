"""A registry with a hosted zone: alias records, and a certificate from ACM."""

from dataclasses import replace

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, all_dependencies
from tests.unit.pems import issue

ZONE, DOMAIN = "Z0123456789ABCDEFGHIJ", "registry.example.com"
ARGS = PrivateRegistryArgs(domain=DOMAIN, hosted_zone=ZONE)
RECORD, LISTENER = "aws:route53/record:Record", "aws:lb/listener:Listener"
ISSUED = issue(DOMAIN)
OWN = {"certificate": ISSUED.pem, "private_key": ISSUED.key_pem}
ARN = "arn:aws:iam::123456789012:server-certificate/mine"


@pytest.fixture(scope="module")
def zoned(declare: Declare) -> Declaration:
    return declare(lambda: PrivateRegistry("images", ARGS))


@pytest.mark.parametrize("type_", ["A", "AAAA"])
def test_domain_records_are_aliases_of_the_load_balancer(zoned: Declaration, type_: str) -> None:
    record = zoned.one(RECORD, f"images-{type_.lower()}").inputs
    balancer = zoned.one("aws:lb/loadBalancer:LoadBalancer").outputs
    assert (record["zoneId"], record["name"], record["type"]) == (ZONE, DOMAIN, type_)
    alias = {"name": balancer["dnsName"], "zoneId": balancer["zoneId"], "evaluateTargetHealth": False}
    assert record["aliases"] == [alias]


def test_validation_record_is_the_one_that_acm_requests(zoned: Declaration) -> None:
    certificate = zoned.one("aws:acm/certificate:Certificate")
    assert (certificate.inputs["domainName"], certificate.inputs["validationMethod"]) == (DOMAIN, "DNS")
    (option,) = certificate.outputs["domainValidationOptions"]
    record = zoned.one(RECORD, "images-certificate-validation").inputs
    assert (record["zoneId"], record["name"], record["type"], record["records"]) == (
        ZONE,
        option["resourceRecordName"],
        option["resourceRecordType"],
        [option["resourceRecordValue"]],
    )


def test_validation_record_is_retained_on_delete(zoned: Declaration) -> None:
    """The record validates every certificate of the account for the domain."""
    retained = [resource.name for resource in zoned.resources if resource.retain_on_delete]
    assert retained == ["images-certificate-validation"]


def test_listener_depends_on_the_validation(zoned: Declaration) -> None:
    listener = zoned.one(LISTENER)
    assert listener.inputs["certificateArn"] == zoned.one("aws:acm/certificate:Certificate").outputs["arn"]
    validation = zoned.one("aws:acm/certificateValidation:CertificateValidation")
    assert validation.urn in all_dependencies(zoned, listener)
    assert zoned.one(RECORD, "images-certificate-validation").urn in all_dependencies(zoned, validation)


def test_no_self_signed_certificate_with_acm(zoned: Declaration) -> None:
    assert zoned.all("aws:iam/serverCertificate:ServerCertificate") == []
    assert [key.name for key in zoned.all("tls:index/privateKey:PrivateKey")] == ["images-bootstrap"]


@pytest.mark.parametrize("own", [OWN, {"certificate_arn": ARN}])
def test_no_acm_certificate_with_an_own_certificate(declare: Declare, own: dict[str, str]) -> None:
    declaration = declare(lambda: PrivateRegistry("images", replace(ARGS, **own)))
    assert declaration.all("aws:acm/certificate:Certificate") == []
    assert {record.inputs["type"] for record in declaration.all(RECORD)} == {"A", "AAAA"}
