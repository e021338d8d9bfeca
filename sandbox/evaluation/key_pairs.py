"""The key pairs of asymmetric KMS keys. Evaluation needs the public half before the emulated AWS API has the key."""

from __future__ import annotations

import functools

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def public_key(key_id: str) -> bytes:
    """Return the public key of a KMS key: DER, SubjectPublicKeyInfo, as GetPublicKey returns it."""
    return _private_key(key_id).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def private_key(key_id: str) -> str:
    """Return the private key of a KMS key, PEM. Unlike the sandbox, KMS never gives it to anybody."""
    return _private_key(key_id).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@functools.cache  # so that two evaluations agree
def _private_key(_key_id: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
