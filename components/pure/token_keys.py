"""The public keys that verify tokens, in the forms that the registry reads."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timezone

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509.oid import NameOID

# The registry takes only the public key of a certificate, by its fingerprint, and never asks who signed it or when it
# ends (distribution v2.8.3, registry/auth/token/accesscontroller.go). So everything else is constant, and the same keys
# give the same text in every `pulumi up`. Nobody needs to keep this key: a token may name a certificate of its own
# (`x5c`, token.go), but that must be in the bundle or be signed by one of its keys, and they belong to no authority.
_SIGNER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))
_BEGIN = datetime(2000, 1, 1, tzinfo=timezone.utc)
_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)  # RFC 5280, 4.1.2.5: without a well-defined end

Encode = Callable[[Iterable[str]], str]


def key_id(public_key: str) -> str:
    """Return a key's fingerprint, by which major version 2 knows it; a later version takes any name.

    Source: `keyIDFromCryptoKey` and `keyIDEncode` in docker/libtrust, util.go.

    Args:
        public_key: the key as PEM.
    """
    der = _rsa(public_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    text = base64.b32encode(hashlib.sha256(der).digest()[:30]).decode()
    return ":".join(text[start : start + 4] for start in range(0, len(text), 4))


def jwks(public_keys: Iterable[str]) -> str:
    """Return a JSON Web Key Set (RFC 7517) with these keys, each as PEM."""
    return json.dumps({"keys": [_jwk(key) for key in public_keys]})


def certificate_bundle(public_keys: Iterable[str]) -> str:
    """Return certificates with these keys, each as PEM."""
    return "".join(_certificate(_rsa(key)) for key in public_keys)


def _jwk(public_key: str) -> dict[str, str]:
    numbers = _rsa(public_key).public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": key_id(public_key),
        "n": _base64url(numbers.n),
        "e": _base64url(numbers.e),
    }


def _base64url(number: int) -> str:
    """Encode a number (RFC 7518, Base64urlUInt)."""
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _certificate(public_key: rsa.RSAPublicKey) -> str:
    certificate = (
        x509.CertificateBuilder()
        .subject_name(_name("private-registry tokens"))
        .issuer_name(_name("private-registry"))
        .serial_number(1)
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .public_key(public_key)
        # A certificate that the key has signed is none of the bundle.
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(_SIGNER, None)
    )
    return certificate.public_bytes(Encoding.PEM).decode()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _rsa(public_key: str) -> rsa.RSAPublicKey:
    key = load_pem_public_key(public_key.encode())
    assert isinstance(key, rsa.RSAPublicKey)
    return key
