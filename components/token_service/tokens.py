"""Tokens: signed statements of what a caller may do, which the registry verifies by itself.

Source: distribution, docs/content/spec/auth/jwt.md.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .refused import Refused
from .scopes import Scope

SECONDS = 300
# Signs a SHA-256 digest with RSASSA-PKCS1-v1_5.
Sign = Callable[[bytes], bytes]
# A token is a header of each request, and the web ACL refuses requests with more than 8 KiB of headers, which is what
# AWS WAF inspects ("Oversize web request components").
_MAX_BYTES = 6_000


@dataclass(frozen=True)
class Issuer:
    """Who issues tokens, and for which registry.

    Attributes:
        name: the name that registries trust.
        registry: the registry's host name, the only audience.
        key_id: the ID by which registries know the public key.
        sign: the signature of the private key.
    """

    name: str
    registry: str
    key_id: str
    sign: Sign

    def token(self, subject: str, scopes: Sequence[Scope], token_id: str, now: int) -> str:
        """Return a token that is valid for `SECONDS`.

        Args:
            subject: the caller's name. It is in the log of registry:3.
            scopes: what the token grants.
            token_id: an ID that no other token has.
            now: the time in seconds since the epoch.

        Raises:
            Refused: the token would be too long for a header.
        """
        header = {"typ": "JWT", "alg": "RS256", "kid": self.key_id}
        claims = {
            "iss": self.name,
            "sub": subject,
            "aud": self.registry,
            "exp": now + SECONDS,
            "nbf": now,
            "iat": now,
            "jti": token_id,
            "access": [{"type": each.kind, "name": each.name, "actions": list(each.actions)} for each in scopes],
        }
        signed = f"{_encoded(header)}.{_encoded(claims)}"
        if len(signed) > _MAX_BYTES:
            raise Refused("the request is for too many repositories at once")
        return f"{signed}.{_base64url(self.sign(hashlib.sha256(signed.encode()).digest()))}"


def _encoded(value: object) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
