"""Checks of users, passwords and htpasswd files."""

import re
from collections.abc import Iterator, Mapping

from ..args import PrivateRegistryArgs
from ..problems import Problem
from ..pure.htpasswd import HTPASSWD_LINE, MAX_PASSWORD_BYTES

_USER_NAME = re.compile(r"[^\s:\x00-\x1f\x7f]{1,128}")
_LINE = re.compile(HTPASSWD_LINE)


def users_problems(args: PrivateRegistryArgs, _region: str) -> Iterator[Problem]:
    """Find the problems with the users, as far as their passwords are known."""
    if args.users is not None and args.htpasswd is not None:
        yield Problem(
            key="users",
            found="is set together with `htpasswd`",
            allowed="only one of the two",
            example={"htpasswd": None},
        )
    if args.users is not None:
        yield from user_problems(args.users)
    if isinstance(args.htpasswd, str):
        yield from htpasswd_problems(args.htpasswd)


def user_problems(users: Mapping[str, object]) -> Iterator[Problem]:
    """Find the problems with a map of user names to passwords. Passwords that are not strings are skipped."""
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
            yield from password_problems(name, password)


def password_problems(name: str, password: str) -> Iterator[Problem]:
    """Find the problem with a user's password."""
    size = len(password.encode())
    if not size:
        found = "is empty"
    elif size > MAX_PASSWORD_BYTES:
        found = f"is {size} bytes long"
    elif "\x00" in password:
        found = "has a null character"
    else:
        return
    yield Problem(
        key="users",
        found=f"the password of {name!r} (a secret) {found}",
        allowed=f"1 to {MAX_PASSWORD_BYTES} bytes in UTF-8 without null characters, the limit of bcrypt",
    )


def htpasswd_problems(content: str) -> Iterator[Problem]:
    """Find the problem with the content of an htpasswd file.

    Empty lines and comments are refused too: they may hide a typing error.
    """
    lines = content.splitlines()
    bad = [str(number) for number, line in enumerate(lines, 1) if not _LINE.fullmatch(line)]
    if bad or not lines:
        yield Problem(
            key="htpasswd",
            found=f"line {', '.join(bad)} (not shown) is not NAME:BCRYPT-HASH" if bad else "has no line",
            allowed="lines of NAME:HASH with a bcrypt hash ($2y$...), the only kind that the registry reads",
            example="htpasswd -nBC 10 alice",
        )
