"""A hosted zone: the domain leads to the load balancer, and a certificate makes and renews itself."""

from dataclasses import replace

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare, upstream
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
def test_the_domain_s_records_are_aliases_of_the_load_balancer(zoned: Declaration, type_: str) -> None:
    record = zoned.one(RECORD, f"images-{type_.lower()}").inputs
    balancer = zoned.one("aws:lb/loadBalancer:LoadBalancer").outputs
    assert (record["zoneId"], record["name"], record["type"]) == (ZONE, DOMAIN, type_)
    alias = {"name": balancer["dnsName"], "zoneId": balancer["zoneId"], "evaluateTargetHealth": False}
    assert record["aliases"] == [alias]


def test_acm_validates_by_the_record_that_it_asks_for(zoned: Declaration) -> None:
    certificate = zoned.one("aws:acm/certificate:Certificate")
    assert (certificate.inputs["domainName"], certificate.inputs["validationMethod"]) == (DOMAIN, "DNS")
    (asked,) = certificate.outputs["domainValidationOptions"]
    record = zoned.one(RECORD, "images-certificate-validation").inputs
    assert (record["zoneId"], record["name"], record["type"], record["records"]) == (
        ZONE,
        asked["resourceRecordName"],
        asked["resourceRecordType"],
        [asked["resourceRecordValue"]],
    )


def test_validation_record_outlives_the_registry(zoned: Declaration) -> None:
    """Every certificate of the account for the domain is validated by that record."""
    kept = [resource.name for resource in zoned.resources if resource.retain_on_delete]
    assert kept == ["images-certificate-validation"]


def test_the_listener_waits_for_the_validation(zoned: Declaration) -> None:
    listener = zoned.one(LISTENER)
    assert listener.inputs["certificateArn"] == zoned.one("aws:acm/certificate:Certificate").outputs["arn"]
    validation = zoned.one("aws:acm/certificateValidation:CertificateValidation")
    assert validation.urn in upstream(zoned, listener)
    assert zoned.one(RECORD, "images-certificate-validation").urn in upstream(zoned, validation)


def test_nothing_else_is_made_for_a_certificate(zoned: Declaration) -> None:
    assert zoned.all("aws:iam/serverCertificate:ServerCertificate") == []
    assert [key.name for key in zoned.all("tls:index/privateKey:PrivateKey")] == ["images-bootstrap"]


@pytest.mark.parametrize("own", [OWN, {"certificate_arn": ARN}])
def test_a_certificate_of_one_s_own_needs_none_from_acm(declare: Declare, own: dict[str, str]) -> None:
    declaration = declare(lambda: PrivateRegistry("images", replace(ARGS, **own)))
    assert declaration.all("aws:acm/certificate:Certificate") == []
    assert {record.inputs["type"] for record in declaration.all(RECORD)} == {"A", "AAAA"}
