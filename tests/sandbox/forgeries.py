"""Tokens that nobody issued. All claim everything in a repository, and only the right private key is missing."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509.oid import NameOID

from components.pure import token_keys
from tests.sandbox.token_service import TokenRegistry

LEEWAY = 60
"""How many seconds both major versions take a token after its end (distribution, registry/auth/token/token.go)."""

_OWN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OWN_PEM = _OWN_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
# The key that signs the bundle's certificates is public: it is in components/pure/token_keys.py.
_BUNDLE_SIGNER = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))


def forged(registry: TokenRegistry) -> dict[str, str]:
    """Return tokens by what they try."""
    trusted, own = registry.public_key(), _own_jwk()
    kid, der = token_keys.key_id(trusted), _der(trusted)

    def token(header: Mapping[str, Any], sign: Callable[[bytes], bytes] = _sign, **claims: Any) -> str:
        return registry.token({"typ": "JWT", "alg": "RS256", **header}, registry.claims(**claims), sign)

    genuine = token({"kid": kid}, registry.sign, access=[])
    head, _, signature = genuine.split(".")
    return {
        "no algorithm, no signature": token({"alg": "none", "kid": kid}, lambda _: b""),
        "no algorithm, the signature of another token": token({"alg": "none", "kid": kid}, lambda _: b"x" * 256),
        "HS256 with the public key, PEM": token({"alg": "HS256", "kid": kid}, _hmac(trusted.encode())),
        "HS256 with the public key, DER": token({"alg": "HS256", "kid": kid}, _hmac(der)),
        "HS256 with the public key, JWK": token(
            {"alg": "HS256", "kid": kid}, _hmac(token_keys.jwks([trusted]).encode())
        ),
        "HS256 with an empty key": token({"alg": "HS256", "kid": kid}, _hmac(b"")),
        "own key, trusted kid": token({"kid": kid}),
        "own key, own kid": token({"kid": token_keys.key_id(_OWN_PEM)}),
        "own key, no kid": token({}),
        "own key, kid is a path": token({"kid": "../../dev/null"}),
        "own key, kid is empty": token({"kid": ""}),
        "own key, kid is no text": token({"kid": [kid]}),
        "own key in the header": token({"jwk": own}),
        "own key in the header, with the trusted kid": token({"kid": kid, "jwk": {**own, "kid": kid}}),
        "own key at a URL": token(
            {"kid": kid, "jku": "https://attacker.example/jwks", "x5u": "https://attacker.example/c"}
        ),
        "own certificate": token({"x5c": [_certificate(_OWN_KEY)]}),
        "own certificate, by the bundle's issuer": token({"x5c": [_certificate(_BUNDLE_SIGNER)]}),
        "own certificate, below one of the bundle": token({"x5c": [_certificate(_OWN_KEY), _bundled(trusted)]}),
        "own key, a certificate of the bundle": token({"x5c": [_bundled(trusted)]}),
        "own key in the header, a certificate of the bundle": token({"jwk": {**own, "x5c": [_bundled(trusted)]}}),
        "own key in the header, own certificate": token({"jwk": {**own, "x5c": [_certificate(_OWN_KEY)]}}),
        "more rights, the signature of fewer": f"{head}.{token({'kid': kid}).split('.')[1]}.{signature}",
        "no signature": f"{head}.{token({'kid': kid}).split('.')[1]}.",
        "two parts": genuine.rpartition(".")[0],
        "for another registry": token({"kid": kid}, registry.sign, aud="other.example.com"),
        "for a look-alike registry": token({"kid": kid}, registry.sign, aud=f"{registry.host}.example.com"),
        "of another issuer": token({"kid": kid}, registry.sign, iss="other"),
        "expired": token({"kid": kid}, registry.sign, exp=registry.claims()["iat"] - LEEWAY - 1),
        "not valid yet": token({"kid": kid}, registry.sign, nbf=registry.claims()["iat"] + LEEWAY + 60),
        "without an end": token({"kid": kid}, registry.sign, exp=None),
        "for a repository with the same beginning": token({"kid": kid}, registry.sign, access=_access("team/ap")),
        "for a repository below": token({"kid": kid}, registry.sign, access=_access("team/app/below")),
        "for every repository": token({"kid": kid}, registry.sign, access=_access("*")),
        "for another type": token({"kid": kid}, registry.sign, access=_access("team/app", "registry")),
        "for no action": token({"kid": kid}, registry.sign, access=_access("team/app", actions=[])),
        "for an unknown action": token({"kid": kid}, registry.sign, access=_access("team/app", actions=["read"])),
    }


def _access(name: str, type_: str = "repository", actions: list[str] | None = None) -> list[dict[str, Any]]:
    return [{"type": type_, "name": name, "actions": ["pull", "push"] if actions is None else actions}]


def _sign(data: bytes) -> bytes:
    return _OWN_KEY.sign(data, padding.PKCS1v15(), hashes.SHA256())


def _hmac(key: bytes) -> Callable[[bytes], bytes]:
    return lambda data: hmac.digest(key, data, "sha256")


def _own_jwk() -> dict[str, str]:
    (jwk,) = json.loads(token_keys.jwks([_OWN_PEM]))["keys"]
    return jwk


def _der(public_key: str) -> bytes:
    return load_pem_public_key(public_key.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _bundled(public_key: str) -> str:
    """The certificate of a trusted key, as `x5c` has it (RFC 7515, 4.1.6)."""
    return _x5c(x509.load_pem_x509_certificate(token_keys.certificate_bundle([public_key]).encode()))


def _certificate(signer: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    """A certificate for the own key, of an issuer with the name of the bundle's."""
    now = datetime.now(timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "private-registry")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(2)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    algorithm = hashes.SHA256() if isinstance(signer, rsa.RSAPrivateKey) else None
    return _x5c(builder.public_key(_OWN_KEY.public_key()).sign(signer, algorithm))


def _x5c(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
