"""Hashes of the passwords of static users.

The hash is scrypt's, since the Lambda runtime has no bcrypt. RFC 7914, "The scrypt Password-Based Key Derivation
Function"; the cost is the one that it gives for interactive logins: 16 MiB of memory.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class HashedPassword:
    """The hash of a password, and its salt of 16 bytes."""

    salt: bytes
    hash: bytes = field(repr=False)


_NOBODY = HashedPassword(salt=bytes(16), hash=b"")  # no password has an empty hash


def hashed(password: str, salt: bytes) -> bytes:
    """Return the hash of a password, 32 bytes."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def verified(users: Mapping[str, HashedPassword], name: str, password: str) -> bool:
    """Tell whether a password is the user's. It takes as long for an unknown user, so that the time tells nothing."""
    user = users.get(name, _NOBODY)
    return hmac.compare_digest(hashed(password, user.salt), user.hash)
