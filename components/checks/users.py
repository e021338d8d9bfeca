"""Checks of users, passwords and htpasswd files."""

import re
from collections.abc import Iterator, Mapping

from ..args import PrivateRegistryArgs
from ..problems import Problem
from ..pure.htpasswd import COST, HTPASSWD_LINE, MAX_PASSWORD_BYTES
from ..pure.password_strength import MIN_CHARACTERS, is_guessable

_USER_NAME = re.compile(r"[^\s:\x00-\x1f\x7f]{1,128}")
_LINE = re.compile(HTPASSWD_LINE)
# Whoever runs this library has Python. Double quotes are right for the shells of every operating system.
_GENERATE = 'python3 -c "import secrets; print(secrets.token_urlsafe(24))"'


def users_problems(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    """Find the problems with the users, as far as their passwords are known."""
    if args.users is not None and args.htpasswd is not None:
        yield Problem(
            key="users",
            found="is set together with `htpasswd`",
            allowed="only one of the two",
            example={"htpasswd": None},
        )
    if isinstance(args.users, Mapping):
        yield from user_problems(args.users, args.domain if isinstance(args.domain, str) else None)
    if isinstance(args.htpasswd, str):
        yield from htpasswd_problems(args.htpasswd)


def user_problems(users: Mapping[str, object], domain: str | None = None) -> Iterator[Problem]:
    """Find the problems with a map of user names to passwords. Passwords that are not strings are skipped.

    Args:
        users: the map.
        domain: the registry's domain.
    """
    if not users:
        yield Problem(
            key="users",
            found="has no user",
            allowed="at least one user, or no `users`, which generates one",
        )
    for name, password in users.items():
        if not _USER_NAME.fullmatch(name):
            yield Problem(
                key="users",
                found=f"the user name {name!r} cannot be used",
                allowed='1 to 128 characters without ":", white space and control characters',
            )
        if isinstance(password, str):
            yield from password_problems(name, password, domain)


def password_problems(name: str, password: str, domain: str | None = None) -> Iterator[Problem]:
    """Find the problem with a user's password. It says nothing of the password but its length if that is too long.

    Args:
        name: the user's name.
        password: the password.
        domain: the registry's domain.
    """
    size = len(password.encode())
    if not size:
        found = "is empty"
    elif size > MAX_PASSWORD_BYTES:
        found = f"is {size} bytes long"
    elif "\x00" in password:
        found = "has a null character"
    elif len(password) < MIN_CHARACTERS:
        found = f"is shorter than {MIN_CHARACTERS} characters"
    elif is_guessable(password, related=(name, domain or "")):
        found = "is easy to guess"
    else:
        return
    yield Problem(
        key="users",
        found=f"the password of {name!r} (a secret) {found}",
        allowed=f"at least {MIN_CHARACTERS} characters that are hard to guess, such as 20 random characters or 5 random"
        f" words; at most {MAX_PASSWORD_BYTES} bytes in UTF-8, without null characters (the limits of bcrypt)",
        example=_GENERATE,
    )


def htpasswd_problems(content: str) -> Iterator[Problem]:
    """Find the problem with the content of an htpasswd file.

    Empty lines and comments are refused too: they may hide a typing error.
    """
    lines = content.splitlines()
    bad = [str(number) for number, line in enumerate(lines, 1) if not _LINE.fullmatch(line)]
    if bad:
        found = f"line {', '.join(bad)} (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"
    elif not lines:
        found = "has no line"
    else:
        return
    yield Problem(
        key="htpasswd",
        found=found,
        allowed="lines of NAME:HASH with a bcrypt hash ($2y$...), the only kind that the registry reads; its cost "
        f"is 4 to 12, and {COST} is recommended",
        example=f"htpasswd -nBC {COST} alice",
    )
