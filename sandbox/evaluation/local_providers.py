"""The resources of pulumi-tls and pulumi-random, created for real: keys, certificates, random values.

Inputs, outputs and defaults are those in the Pulumi Registry. The classes of the resources tell the engine which
outputs are secret.
"""

from __future__ import annotations

import base64
import ipaddress
import secrets
import string
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import bcrypt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Properties = Mapping[str, Any]
_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_CURVES = {"P224": ec.SECP224R1(), "P256": ec.SECP256R1(), "P384": ec.SECP384R1(), "P521": ec.SECP521R1()}
_SUBJECT = {
    "commonName": NameOID.COMMON_NAME,
    "country": NameOID.COUNTRY_NAME,
    "locality": NameOID.LOCALITY_NAME,
    "organization": NameOID.ORGANIZATION_NAME,
    "organizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "postalCode": NameOID.POSTAL_CODE,
    "province": NameOID.STATE_OR_PROVINCE_NAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
}
# Key usages: name in pulumi-tls, name in x509.KeyUsage.
_KEY_USAGES = {
    "digital_signature": "digital_signature",
    "content_commitment": "content_commitment",
    "key_encipherment": "key_encipherment",
    "data_encipherment": "data_encipherment",
    "key_agreement": "key_agreement",
    "cert_signing": "key_cert_sign",
    "crl_signing": "crl_sign",
    "encipher_only": "encipher_only",
    "decipher_only": "decipher_only",
}
_EXTENDED_USAGES = {
    "client_auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "code_signing": ExtendedKeyUsageOID.CODE_SIGNING,
    "email_protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
    "server_auth": ExtendedKeyUsageOID.SERVER_AUTH,
}


def private_key(inputs: Properties) -> dict[str, Any]:
    algorithm = inputs["algorithm"]
    if algorithm == "RSA":
        key: _Key = rsa.generate_private_key(public_exponent=65537, key_size=inputs.get("rsaBits", 2048))
    elif algorithm == "ECDSA":
        key = ec.generate_private_key(_CURVES[inputs.get("ecdsaCurve", "P224")])
    elif algorithm == "ED25519":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        raise ValueError(f"tls.PrivateKey: algorithm {algorithm!r}; RSA, ECDSA or ED25519 is allowed")
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    # Ed25519 keys have no format before PKCS #8.
    traditional = PrivateFormat.PKCS8 if algorithm == "ED25519" else PrivateFormat.TraditionalOpenSSL
    return {
        "privateKeyPem": key.private_bytes(Encoding.PEM, traditional, NoEncryption()).decode(),
        "privateKeyPemPkcs8": pkcs8,
        "publicKeyPem": key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }


def self_signed_cert(inputs: Properties) -> dict[str, Any]:
    key = load_pem_private_key(inputs["privateKeyPem"].encode(), password=None)
    assert isinstance(key, _Key)
    subject = x509.Name(
        [x509.NameAttribute(_SUBJECT[field], value) for field, value in inputs.get("subject", {}).items()]
    )
    start = datetime.now(timezone.utc).replace(microsecond=0)
    end = start + timedelta(hours=inputs["validityPeriodHours"])
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), start, end)
        .add_extension(_key_usage(inputs["allowedUses"]), critical=True)
        .add_extension(x509.BasicConstraints(ca=inputs.get("isCaCertificate", False), path_length=None), critical=True)
    )
    if extended := [_EXTENDED_USAGES[use] for use in inputs["allowedUses"] if use in _EXTENDED_USAGES]:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    if names := _alternative_names(inputs):
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if inputs.get("setSubjectKeyId"):
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    certificate = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return {
        "certPem": certificate.public_bytes(Encoding.PEM).decode(),
        "validityStartTime": start.isoformat(),
        "validityEndTime": end.isoformat(),
        "readyForRenewal": False,
    }


def _key_usage(uses: list[str]) -> x509.KeyUsage:
    if unknown := set(uses) - _KEY_USAGES.keys() - _EXTENDED_USAGES.keys():
        raise ValueError(f"tls.SelfSignedCert: the sandbox does not know allowedUses {', '.join(sorted(unknown))}")
    return x509.KeyUsage(**{name: use in uses for use, name in _KEY_USAGES.items()})


def _alternative_names(inputs: Properties) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in inputs.get("dnsNames", [])),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in inputs.get("ipAddresses", [])),
    ]


def random_string(inputs: Properties) -> dict[str, Any]:
    alphabets = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "numeric": string.digits,
        "special": inputs.get("overrideSpecial") or "!@#$%&*()-_=+[]{}<>:?",
    }
    everything = "".join(alphabet for kind, alphabet in alphabets.items() if inputs.get(kind, True))
    characters = [
        secrets.choice(alphabet)
        for kind, alphabet in alphabets.items()
        for _ in range(inputs.get(f"min{kind.capitalize()}", 0))
    ]
    characters += [secrets.choice(everything) for _ in range(inputs["length"] - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return {"result": "".join(characters)}


def random_password(inputs: Properties) -> dict[str, Any]:
    result = random_string(inputs)["result"]
    # With the lowest cost: the provider returns a hash too, but no login uses it.
    hashed = bcrypt.hashpw(result.encode()[:72], bcrypt.gensalt(rounds=4)).decode()
    return {"result": result, "bcryptHash": hashed}


def random_bytes(inputs: Properties) -> dict[str, Any]:
    value = secrets.token_bytes(inputs["length"])
    return {"base64": base64.b64encode(value).decode(), "hex": value.hex()}


def random_id(inputs: Properties) -> dict[str, Any]:
    value, prefix = secrets.token_bytes(inputs["byteLength"]), inputs.get("prefix", "")
    return {
        "b64Std": prefix + base64.b64encode(value).decode(),
        "b64Url": prefix + base64.urlsafe_b64encode(value).decode().rstrip("="),
        "dec": f"{prefix}{int.from_bytes(value, 'big')}",
        "hex": prefix + value.hex(),
    }


# From a resource's type to the function that makes its outputs.
MAKERS: Mapping[str, Callable[[Properties], dict[str, Any]]] = {
    "random:index/randomBytes:RandomBytes": random_bytes,
    "random:index/randomId:RandomId": random_id,
    "random:index/randomPassword:RandomPassword": random_password,
    "random:index/randomString:RandomString": random_string,
    "tls:index/privateKey:PrivateKey": private_key,
    "tls:index/selfSignedCert:SelfSignedCert": self_signed_cert,
}
