"""A registry with `access`: what its container has, and a token that it takes, signed here instead of by AWS KMS."""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from components.pure.container import ISSUER, ContainerSettings, TokenSettings, container_definition
from components.pure.token_keys import key_id
from sandbox.ecs.agent import Container, Tmpfs

_REGISTRY = "registry.example.com"
_SECONDS = 24 * 3600  # longer than the bench
_SCOPES = [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}]


def with_tokens(container: Container) -> Container:
    """Change a container to what `container_definition` declares with tokens."""
    settings = ContainerSettings(
        image=container.image,
        memory_limit=container.memory,
        region="",
        bucket="",
        log_group="",
        http_secret_arn="",
        tokens=TokenSettings(registry=_REGISTRY, public_keys=[_public_key()]),
    )
    declared = container_definition(settings)
    variables = {each["name"]: each["value"] for each in declared["environment"]}
    verification = {name: value for name, value in variables.items() if name.startswith(("REGISTRY_AUTH", "TOKEN_"))}
    kept = {name: value for name, value in container.environment.items() if not name.startswith("REGISTRY_AUTH")}
    return dataclasses.replace(
        container,
        environment={**kept, **verification},
        entry_point=tuple(declared["entryPoint"]),
        command=tuple(declared["command"]),
        tmpfs=tuple(
            Tmpfs(each["containerPath"], each["size"], tuple(each["mountOptions"]))
            for each in declared["linuxParameters"]["tmpfs"]
        ),
    )


@functools.cache
def token() -> str:
    """Return a token as the token service issues it (components/token_service/tokens.py), with a longer life."""
    now = int(time.time())
    times = {"exp": now + _SECONDS, "nbf": now, "iat": now}
    header = {"typ": "JWT", "alg": "RS256", "kid": key_id(_public_key())}
    claims = {"iss": ISSUER, "sub": "user:docker", "aud": _REGISTRY, **times, "jti": "bench", "access": _SCOPES}
    signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(claims).encode())}"
    return f"{signed}.{_encoded(_key().sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _public_key() -> str:
    return _key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
