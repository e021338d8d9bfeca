"""A certificate authority, such as a company's own."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_VALIDITY = timedelta(days=1)


class CertificateAuthority:
    """Issues certificates for one domain, or one IP address, and one key.

    Attributes:
        pem: the root certificate, which clients trust.
        key_pem: the domain's private key.
    """

    def __init__(self, domain: str) -> None:
        self._root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self._domain = domain
        self.pem = self._issue("authority", self._root_key, x509.BasicConstraints(ca=True, path_length=0))
        self.key_pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def certificate(self) -> str:
        """Issue a new certificate, PEM."""
        names = x509.SubjectAlternativeName([_general_name(self._domain)])
        return self._issue("registry", self._key, names)

    def _issue(self, subject: str, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> str:
        now = datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(
            _name("authority"), _name(subject), key.public_key(), x509.random_serial_number(), now, now + _VALIDITY
        )
        signed = builder.add_extension(extension, critical=False).sign(self._root_key, hashes.SHA256())
        return signed.public_bytes(Encoding.PEM).decode()


def _general_name(domain: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(domain))
    except ValueError:
        return x509.DNSName(domain)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
