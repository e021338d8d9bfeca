"""A sandbox's registry with `access`: its replicas trust the tokens of the function, which serves beside them."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from components import AccessRule, PrivateRegistry, PrivateRegistryArgs
from components.pure import token_keys
from private_registry_login import aws
from sandbox.aws import account, sts
from sandbox.aws.sts import Identity
from sandbox.ecs import lambda_target
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.evaluate import evaluate
from sandbox.local import Sandbox
from sandbox.registry_client import Endpoint
from tests.sandbox.replicas import replicas

ACCOUNT = "123456789012"
ADMIN, READER = (("admin", secrets.token_urlsafe(24)), ("reader", secrets.token_urlsafe(24)))
_RULES = (
    AccessRule(who="user:admin", repositories=["*"], actions=["pull", "push", "delete", "catalog"]),
    AccessRule(who="user:reader", repositories=["team/*"], actions=["pull"]),
    AccessRule(who=f"arn:aws:iam::{ACCOUNT}:role/deployer", repositories=["team/*"], actions=["pull", "push"]),
    AccessRule(who="*", repositories=["public/*"], actions=["pull"]),
)


@dataclass(frozen=True)
class TokenRegistry:
    """A running registry with `access`."""

    sandbox: Sandbox
    declaration: Declaration
    identities: Mapping[str, Identity]

    @property
    def host(self) -> str:
        """The registry's host name, without a port."""
        return self.function_environment["REGISTRY"]

    @property
    def function_environment(self) -> Mapping[str, str]:
        return self.declaration.one("aws:lambda/function:Function").inputs["environment"]["variables"]

    def endpoint(self, login: tuple[str, str] | None) -> Endpoint:
        """Return the endpoint for a user; None is an anonymous client."""
        return dataclasses.replace(Endpoint.of(self.sandbox), login=login)

    def audit(self) -> list[dict[str, Any]]:
        """Return the lines about tokens in the function's log."""
        lines = self.sandbox.functions[0].function.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def sign(self, data: bytes, key: int = 1) -> bytes:
        """Sign with one of the KMS keys, as the function does."""
        return self.sandbox.stack.aws("kms").sign(
            KeyId=self._key_arn(key),
            Message=hashlib.sha256(data).digest(),
            MessageType="DIGEST",
            SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
        )["Signature"]

    def public_key(self, key: int = 1) -> str:
        """Return the public half of one of the KMS keys, PEM."""
        der = self.sandbox.stack.aws("kms").get_public_key(KeyId=self._key_arn(key))["PublicKey"]
        return load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def aws_login(self, arn: str, *, host: str = "") -> tuple[str, str]:
        """Log in by an identity that STS knows, as the login command does. By default for this registry's host."""
        password = aws.password(
            self.identities[arn].credentials.get_frozen_credentials(), host or self.host, self.sandbox.stack.region
        )
        return ("aws", password)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a token for everything in team/app, with changes."""
        now = int(time.time())
        access = [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}]
        return {
            **{"iss": "private-registry", "sub": "test", "aud": self.host, "jti": "1"},
            **{"iat": now, "nbf": now, "exp": now + 300, "access": access},
            **changes,
        }

    def signed(self, key: int = 1, **claims: Any) -> str:
        """Return a token that is signed as the function signs."""
        public_key = self.public_key(key)
        header = {"typ": "JWT", "alg": "RS256", "kid": token_keys.key_id(public_key)}
        return self.token(header, self.claims(**claims), lambda data: self.sign(data, key))

    def token(self, header: Mapping[str, Any], claims: Mapping[str, Any], sign: Callable[[bytes], bytes]) -> str:
        """Make a token (RFC 7515, 7.1)."""
        signed = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
        return f"{signed}.{encoded(sign(signed.encode()))}"

    def _key_arn(self, number: int) -> str:
        keys = self.declaration.all("aws:kms/key:Key")
        (key,) = [each for each in keys if each.name.endswith(f"-token-key-{number}")]
        return key.outputs["arn"]


@contextmanager
def token_registry(
    base: Sandbox,
    image: str,
    folder: Path,
    *,
    identities: Sequence[str] = (),
) -> Iterator[TokenRegistry]:
    """Run replicas with `access` on a sandbox's instances, with their own function, until the end of the block.

    Args:
        image: the registry image.
        folder: for their files.
        identities: the ARNs that STS knows.
    """
    args = PrivateRegistryArgs(image=image, users=dict([READER, ADMIN]), access=_RULES, deletes=True)
    # As a stack of its own, so that its resources have other names than those of the base.
    stack = f"{folder.name}-access"
    declared = evaluate(lambda: PrivateRegistry("registry", args), stack=stack, region=base.stack.region)
    account.create_resources(declared, base.stack.aws)
    known_to_sts = {arn: Identity.of(arn) for arn in identities}
    with (
        sts.running(list(known_to_sts.values())) as sts_url,
        lambda_target.serving(declared, base.stack.api, folder / "functions", sts=sts_url) as functions,
    ):
        user, password = ADMIN
        own = dataclasses.replace(base, functions=functions, user=user, password=password)
        with replicas(own, folder / "replicas", declaration=declared) as running:
            yield TokenRegistry(running, declared, known_to_sts)


def encoded(data: bytes) -> str:
    """Encode as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bearer(token: str) -> dict[str, str]:
    """Make the header with a token."""
    return {"Authorization": f"Bearer {token}"}
