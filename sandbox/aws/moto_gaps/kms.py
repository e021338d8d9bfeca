"""KMS: signatures of digests, and keys of a declaration, which were made up before the emulated API ran."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse

from sandbox.aws.account import KEY_ID, PRIVATE_KEY
from sandbox.aws.patching import around

_PKCS1_SHA256 = "RSASSA_PKCS1_V1_5_SHA_256"


@around(KmsBackend, "create_key")
def _create_key(
    create: Callable[..., Any],
    backend: Any,
    policy: str,
    key_usage: str,
    key_spec: str,
    description: str,
    tags: Sequence[dict[str, str]] | None,
    *args: Any,
) -> Any:
    """KMS itself chooses a key's id, and imports key material by ImportKeyMaterial, which moto lacks."""
    given = {tag["TagKey"]: tag["TagValue"] for tag in tags or ()}
    if KEY_ID not in given:
        return create(backend, policy, key_usage, key_spec, description, tags, *args)
    key = create(backend, policy, key_usage, key_spec, description, None, *args)
    del backend.keys[key.id]
    key.id, key.arn = given[KEY_ID], key.arn.replace(key.id, given[KEY_ID])
    key.private_key.private_key = load_pem_private_key(given[PRIVATE_KEY].encode(), None)
    backend.keys[key.id] = key
    return key


@around(KmsResponse, "sign")
def _sign(sign: Callable[..., Any], response: Any) -> Any:
    """A digest is signed as it is; moto hashes it again. Source: AWS KMS API Reference, "Sign", MessageType."""
    message_type, algorithm = response._get_param("MessageType"), response._get_param("SigningAlgorithm")
    if (message_type, algorithm) != ("DIGEST", _PKCS1_SHA256):
        return sign(response)
    key = response.kms_backend.describe_key(response._get_param("KeyId"))
    signature = key.private_key.private_key.sign(response._get_param("Message"), PKCS1v15(), Prehashed(SHA256()))
    return json.dumps(
        {"KeyId": key.arn, "Signature": base64.b64encode(signature).decode(), "SigningAlgorithm": algorithm}
    )
