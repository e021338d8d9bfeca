"""Gaps of moto's KMS that the emulator closes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from sandbox.aws.account import KEY_ID, PRIVATE_KEY
from sandbox.evaluation import key_pairs

_MESSAGE = b"a message"
_ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"


def test_digest_is_signed_as_it_is(aws: Callable[[str], Any]) -> None:
    kms = aws("kms")
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    digest = hashlib.sha256(_MESSAGE).digest()
    signature = kms.sign(KeyId=key, Message=digest, MessageType="DIGEST", SigningAlgorithm=_ALGORITHM)["Signature"]
    public_key = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    assert isinstance(public_key, RSAPublicKey)
    public_key.verify(signature, _MESSAGE, PKCS1v15(), SHA256())


def test_key_can_have_the_id_and_the_key_pair_of_a_declaration(aws: Callable[[str], Any]) -> None:
    kms, tags = aws("kms"), {KEY_ID: "11111111-2222-3333-4444-555555555555", PRIVATE_KEY: key_pairs.private_key("id")}
    created = kms.create_key(
        KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", Tags=[{"TagKey": key, "TagValue": tags[key]} for key in tags]
    )["KeyMetadata"]
    assert created["Arn"].endswith(f":key/{tags[KEY_ID]}")
    assert kms.get_public_key(KeyId=created["Arn"])["PublicKey"] == key_pairs.public_key("id")
    assert kms.list_resource_tags(KeyId=created["KeyId"])["Tags"] == []
