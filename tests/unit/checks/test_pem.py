"""Problems with certificates, chains and keys, each with a command that corrects it."""

import base64
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from components.checks.pem import covers, expiry_problems, pem_problems
from tests.unit.pems import BEGIN, END, NOW, Issued, issue

DOMAIN = "registry.example.com"
ROOT = issue(common_name="root")
INTERMEDIATE = issue(by=ROOT, common_name="intermediate")
LEAF = issue(DOMAIN, by=INTERMEDIATE)
OTHER = issue(DOMAIN)

DER = LEAF.certificate.public_bytes(Encoding.DER)
KEY_DER = "".join(LEAF.key_pem.splitlines()[1:-1])  # in base64
FROM_DER = "openssl x509 -inform DER -in certificate.der -out certificate.pem"
REWRITE = "openssl x509 -in certificate.pem -out certificate.pem"
DECRYPT = "openssl pkey -in key.pem -out key.pem"
SECOND = timedelta(seconds=1)


def encrypted(style: PrivateFormat) -> str:
    return LEAF.key.private_bytes(Encoding.PEM, style, BestAvailableEncryption(b"passphrase")).decode()


def junk(kind: str) -> str:
    return f"-----BEGIN {kind}-----\nbm9uc2Vuc2U=\n-----END {kind}-----\n"


@pytest.mark.parametrize("chain", [None, INTERMEDIATE.pem, INTERMEDIATE.pem + ROOT.pem])
def test_valid_certificate(chain: str | None) -> None:
    assert pem_problems(LEAF.pem, LEAF.key_pem, chain, domain=DOMAIN) == []


def test_valid_key_in_traditional_format() -> None:
    traditional = LEAF.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    assert pem_problems(LEAF.pem, traditional) == []


@pytest.mark.parametrize(
    ("certificate", "key", "chain", "at", "command"),
    [
        (DER.decode("latin-1"), LEAF.key_pem, None, "certificate", FROM_DER),
        (base64.b64encode(DER).decode(), LEAF.key_pem, None, "certificate", FROM_DER),
        (LEAF.pem, KEY_DER, None, "private_key", "openssl pkey -inform DER -in key.der -out key.pem"),
        (
            LEAF.pem,
            LEAF.key_pem,
            base64.b64encode(DER).decode(),
            "certificate_chain",
            "openssl x509 -inform DER -in intermediate.der -out chain.pem",
        ),
        (LEAF.pem.replace("\n", "\r\n"), LEAF.key_pem, None, "certificate", REWRITE),
        (LEAF.pem, LEAF.key_pem.replace("\n", "\r\n"), None, "private_key", DECRYPT),
        (LEAF.pem, LEAF.key_pem, INTERMEDIATE.pem.replace("\n", "\r\n"), "certificate_chain", r"sed -i 's/\r$//'"),
        (LEAF.pem, encrypted(PrivateFormat.PKCS8), None, "private_key", DECRYPT),
        (LEAF.pem, encrypted(PrivateFormat.TraditionalOpenSSL), None, "private_key", DECRYPT),
        (LEAF.pem + INTERMEDIATE.pem, LEAF.key_pem, None, "certificate", REWRITE),
        (LEAF.pem, OTHER.key_pem, None, "private_key", "openssl pkey -in key.pem -pubout"),
        (LEAF.pem, LEAF.key_pem + OTHER.key_pem, None, "private_key", "openssl "),
        (LEAF.pem, LEAF.pem, None, "private_key", "openssl "),
        (LEAF.key_pem, LEAF.key_pem, None, "certificate", "openssl x509"),
        (LEAF.pem, LEAF.key_pem, ROOT.pem, "certificate_chain", "intermediate.pem"),
        (LEAF.pem, LEAF.key_pem, LEAF.key_pem, "certificate_chain", "openssl x509"),
        (junk("CERTIFICATE"), LEAF.key_pem, None, "certificate", "openssl x509"),
        (LEAF.pem, LEAF.key_pem, junk("CERTIFICATE"), "certificate_chain", "openssl x509"),
        (LEAF.pem, junk("PRIVATE KEY"), None, "private_key", "openssl "),
        (LEAF.pem, junk("DSA PRIVATE KEY"), None, "private_key", "openssl "),
    ],
    ids=[
        *("certificate in DER", "certificate in base64 of DER", "key in base64 of DER", "chain in base64 of DER"),
        *("certificate with CRLF", "key with CRLF", "chain with CRLF", "key in encrypted PKCS #8"),
        *("key encrypted in the traditional format", "two certificates", "wrong key", "two keys"),
        *("certificate as key", "key as certificate", "wrong chain", "key as chain", "junk certificate"),
        *("junk chain", "junk key", "unknown kind of key"),
    ],
)
def test_invalid_pem_is_refused_with_a_command_and_not_shown(
    certificate: str, key: str, chain: str | None, at: str, command: str
) -> None:
    (problem,) = pem_problems(certificate, key, chain, domain=DOMAIN)
    assert at in problem.key
    assert command in str(problem)
    secret_lines = [line for text in (certificate, key, chain or "") for line in text.split() if len(line) > 20]
    assert not any(line in str(problem) for line in secret_lines if not line.startswith("-----"))


def test_invalid_pems_are_reported_at_once() -> None:
    problems = pem_problems("junk", "junk", "junk")
    assert [problem.key for problem in problems] == ["certificate", "private_key", "certificate_chain"]


def test_wrong_key_and_uncovered_domain_are_reported_at_once() -> None:
    problems = pem_problems(LEAF.pem, OTHER.key_pem, domain="other.example.com")
    assert [problem.key for problem in problems] == ["private_key", "certificate, domain"]


@pytest.mark.parametrize(
    ("issued", "named"), [(LEAF, "names registry.example.com"), (issue(common_name=DOMAIN), "names no DNS name")]
)
def test_certificate_for_another_domain_is_refused_with_its_names(issued: Issued, named: str) -> None:
    (problem,) = pem_problems(issued.pem, issued.key_pem, domain="other.example.com")
    assert named in problem.found
    assert "does not cover other.example.com" in problem.found


@pytest.mark.parametrize(
    ("name", "domain", "covered"),
    [
        ("registry.example.com", "registry.example.com", True),
        ("Registry.Example.COM", "registry.example.com", True),
        ("*.example.com", "registry.example.com", True),
        ("*.EXAMPLE.com", "registry.example.com", True),
        ("*.example.com", "a.registry.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "com", False),
        ("example.com", "registry.example.com", False),
        ("registry.*.com", "registry.example.com", False),
    ],
)
def test_wildcard_covers_one_label(name: str, domain: str, covered: bool) -> None:
    assert covers(name, domain) is covered


@pytest.mark.parametrize("now", [BEGIN, NOW, END])
def test_certificate_is_valid_from_its_first_to_its_last_second(now: datetime) -> None:
    assert expiry_problems(LEAF.pem, now) == []


@pytest.mark.parametrize(
    ("now", "found"),
    [
        (END + SECOND, "has expired: it is valid from 2030-05-02 to 2030-07-01"),
        (BEGIN - SECOND, "is not valid yet: it is valid from 2030-05-02 to 2030-07-01"),
    ],
)
def test_certificate_is_refused_before_and_after_its_validity(now: datetime, found: str) -> None:
    (problem,) = expiry_problems(LEAF.pem, now)
    assert (problem.key, problem.found) == ("certificate", found)


def test_unreadable_certificate_has_no_expiry_problem() -> None:
    assert expiry_problems(junk("CERTIFICATE"), NOW) == []
