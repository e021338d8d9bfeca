"""Checks of a certificate, its chain and its private key in PEM."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from ..problems import Problem

_REWRITE = {
    "certificate": "openssl x509 -in certificate.pem -out certificate.pem",
    "certificate_chain": "sed -i 's/\\r$//' chain.pem",
    "private_key": "openssl pkey -in key.pem -out key.pem",
}
_FROM_DER = {
    "certificate": "openssl x509 -inform DER -in certificate.der -out certificate.pem",
    "certificate_chain": "openssl x509 -inform DER -in intermediate.der -out chain.pem",
    "private_key": "openssl pkey -inform DER -in key.der -out key.pem",
}
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----")


def pem_problems(
    certificate: str, private_key: str, certificate_chain: str | None = None, *, domain: str | None = None
) -> list[Problem]:
    """Find what AWS or clients would refuse in a certificate with its key. No message contains a PEM.

    Args:
        certificate: the domain's certificate, PEM.
        private_key: its private key, PEM, unencrypted.
        certificate_chain: the intermediate certificates, PEM, the issuer of the certificate first.
        domain: the name that the certificate must cover. Default: any name.
    """
    texts = {"certificate": certificate, "private_key": private_key}
    if certificate_chain is not None:
        texts["certificate_chain"] = certificate_chain
    if problems := [problem for key, text in texts.items() for problem in _form_problems(key, text)]:
        return problems
    try:
        leaf = x509.load_pem_x509_certificate(certificate.encode())
        chain = x509.load_pem_x509_certificates(certificate_chain.encode()) if certificate_chain is not None else []
    except ValueError:
        return [_unreadable("certificate, certificate_chain", "complete PEM blocks")]
    return [
        *_key_problems(leaf, private_key),
        *(_chain_problems(leaf, chain[0]) if chain else ()),
        *(_domain_problems(leaf, domain) if domain else ()),
    ]


def expiry_problems(certificate: str, now: datetime) -> list[Problem]:
    """Find whether a certificate is not valid at a time. `pem_problems` reports certificates that cannot be read.

    Args:
        certificate: the certificate, PEM.
        now: the time, with a time zone.
    """
    try:
        leaf = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        return []
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if start <= now <= end:
        return []
    return [
        Problem(
            key="certificate",
            found=f"{'has expired' if now > end else 'is not valid yet'}: it is valid from {start:%F} to {end:%F}",
            allowed="a certificate that is valid today",
            example="renew the certificate at its certificate authority",
        )
    ]


def names(certificate: x509.Certificate) -> list[str]:
    """Return the DNS names that a certificate covers. Clients ignore its common name."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, ValueError):
        return []
    return extension.value.get_values_for_type(x509.DNSName)


def covers(name: str, domain: str) -> bool:
    """Return whether a certificate's name covers a domain. A "*" stands for exactly one label (RFC 6125)."""
    if name.startswith("*."):
        return "." in domain and domain.split(".", 1)[1].lower() == name[2:].lower()
    return name.lower() == domain.lower()


def _form_problems(key: str, text: str) -> Iterator[Problem]:
    blocks = _BLOCK.findall(text)
    if not blocks:
        yield Problem(
            key=key,
            found="(not shown) is not PEM: it has no -----BEGIN line; is it DER?",
            allowed="PEM",
            example=_FROM_DER[key],
        )
        return
    if "\r" in text:
        yield Problem(
            key=key, found="(not shown) has CRLF line endings", allowed="LF line endings", example=_REWRITE[key]
        )
    if key == "private_key":
        yield from _key_form_problems(blocks, text)
    elif any(block != "CERTIFICATE" for block in blocks):
        yield _unreadable(key, "only PEM blocks of certificates")
    elif key == "certificate" and len(blocks) > 1:
        yield Problem(
            key=key,
            found=f"(not shown) contains {len(blocks)} certificates",
            allowed="only the domain's certificate; the others belong into `certificate_chain`",
            example=_REWRITE[key],
        )


def _key_form_problems(blocks: Sequence[str], text: str) -> Iterator[Problem]:
    if blocks[0] == "ENCRYPTED PRIVATE KEY" or "Proc-Type: 4,ENCRYPTED" in text:
        yield Problem(
            key="private_key",
            found="(a secret) is encrypted with a passphrase",
            allowed="an unencrypted key: AWS accepts no other, and Pulumi encrypts it in the state",
            example=_REWRITE["private_key"],
        )
    elif len(blocks) > 1 or not blocks[0].endswith("PRIVATE KEY"):
        yield _unreadable("private_key", "one PEM block of a private key")


def _unreadable(key: str, allowed: str) -> Problem:
    return Problem(
        key=key, found="(not shown) cannot be read", allowed=allowed, example="openssl x509 -in certificate.pem -text"
    )


def _key_problems(leaf: x509.Certificate, private_key: str) -> Iterator[Problem]:
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        yield _unreadable("private_key", "one PEM block of a private key")
        return
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        yield Problem(
            key="private_key",
            found="(a secret) is not the key of the certificate",
            allowed="the key with which the certificate was requested",
            example="compare: openssl x509 -in certificate.pem -pubkey -noout; openssl pkey -in key.pem -pubout",
        )


def _chain_problems(leaf: x509.Certificate, issuer: x509.Certificate) -> Iterator[Problem]:
    try:
        leaf.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        yield Problem(
            key="certificate_chain",
            found=f"its first certificate ({issuer.subject.rfc4514_string()}) did not issue the domain's certificate",
            allowed="the intermediate certificates, the issuer of the domain's certificate first",
            example="cat intermediate.pem next-intermediate.pem > chain.pem",
        )


def _domain_problems(leaf: x509.Certificate, domain: str) -> Iterator[Problem]:
    covered = names(leaf)
    if not any(covers(name, domain) for name in covered):
        yield Problem(
            key="certificate, domain",
            found=f"the certificate names {', '.join(covered) or 'no DNS name'}, and does not cover {domain}",
            allowed="a certificate with the domain among its subject alternative names",
            example=f"subjectAltName = DNS:{domain}",
        )
