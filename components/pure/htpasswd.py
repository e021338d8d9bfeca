"""The htpasswd file with the registry's users."""

import base64
import re
from collections.abc import Iterator, Mapping

from passlib.hash import bcrypt
from passlib.utils.binary import bcrypt64

from ..problems import Problem

# The registry verifies the password in every request, and a pull makes many: about 2.5 ms at cost 5, 50 ms at cost 10.
# A generated password of 32 random characters is safe at any cost. A password that a person chose needs the slow hash.
GENERATED_COST = 5
CHOSEN_COST = 10

MAX_PASSWORD_BYTES = 72  # bcrypt ignores the rest
_USER_NAME = re.compile(r"[^\s:\x00-\x1f\x7f]{1,128}")

# The pattern of a line, without a line end; bcrypt's cost is 4 to 31. The check of the option `htpasswd` uses it, and
# so does the boot script, with [:space:] for \s. Everything else in it means the same to Python and to `grep -E`.
HTPASSWD_LINE = r"[^\s:]+:\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}"
_LINE = re.compile(HTPASSWD_LINE)


def htpasswd_line(user: str, password: str, salt: str, cost: int) -> str:
    """Return a user's line, without a line end. The same arguments give the same line.

    Args:
        user: the user's name.
        password: the password, at most `MAX_PASSWORD_BYTES` in UTF-8.
        salt: 16 random bytes in base64.
        cost: the base-2 logarithm of bcrypt's rounds.
    """
    encoded = str(bcrypt64.encode_bytes(base64.b64decode(salt)), "ascii")  # pyright: ignore (passlib has no types)
    return f"{user}:{bcrypt.using(rounds=cost, salt=encoded, ident='2b').hash(password)}"


def user_problems(users: Mapping[str, object]) -> Iterator[Problem]:
    """What is wrong with a map of user names to passwords; passwords that are no plain text yet are left out."""
    if not users:
        yield Problem(
            key="users",
            found="has no user",
            allowed="at least one, or leave it out for a generated one",
            example=_EXAMPLE,
        )
    for name, password in users.items():
        if not _USER_NAME.fullmatch(name):
            yield Problem(
                key="users",
                found=f"the user name {name!r} cannot be used",
                allowed='1 to 128 characters without ":", white space and control characters',
                example=_EXAMPLE,
            )
        if isinstance(password, str):
            yield from password_problems(name, password)


def password_problems(name: str, password: str) -> Iterator[Problem]:
    """What is wrong with one password."""
    size = len(password.encode())
    if not 1 <= size <= MAX_PASSWORD_BYTES or "\x00" in password:
        found = (
            "is empty" if not size else f"is {size} bytes long" if size > MAX_PASSWORD_BYTES else "has a null character"
        )
        yield Problem(
            key="users",
            found=f"the password of {name!r} (a secret) {found}",
            allowed=f"1 to {MAX_PASSWORD_BYTES} bytes in UTF-8, none of them null: bcrypt takes no more",
            example=_EXAMPLE,
        )


def htpasswd_problems(content: str) -> Iterator[Problem]:
    """What is wrong with a ready htpasswd file. Empty lines and comments are refused too: a typo may hide there."""
    lines = content.splitlines()
    bad = [str(number) for number, line in enumerate(lines, 1) if not _LINE.fullmatch(line)]
    if bad or not lines:
        where = f"line {', '.join(bad)} (not shown) is not NAME:BCRYPT-HASH" if bad else "has no line"
        yield Problem(
            key="htpasswd",
            found=where,
            allowed="lines of NAME:HASH with a bcrypt hash ($2y$...): the registry knows no other",
            example="htpasswd -nBC 10 alice",
        )


_EXAMPLE = "pulumi config set --secret --path 'registry:users.alice' PASSWORD"
