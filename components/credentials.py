"""The registry's users and their passwords."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_random as random

from .pure.htpasswd import GENERATED_USER, htpasswd_line, user_salt
from .token_service.static_users import hashed

_PASSWORD_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    """Arguments of `Credentials`: `users`, or an `htpasswd` file, or neither for one user with a generated password.

    Attributes:
        users: passwords by user name. Default: none.
        htpasswd: the content of an htpasswd file with bcrypt hashes. Default: none.
        token_service: whether the users log in at the token service too. It cannot read an `htpasswd` file. Default
            False.
    """

    users: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = field(default=None, repr=False)
    htpasswd: pulumi.Input[str] | None = field(default=None, repr=False)
    token_service: bool = False


class Credentials(pulumi.ComponentResource):
    """The hashes of the users' passwords. They change only when a user or a password changes.

    Creates: random.RandomBytes (the key of the users' salts: a new salt at each run would be a change at each run), and
    random.RandomPassword for the generated password.

    Attributes:
        htpasswd: the content of the registry's htpasswd file, a secret.
        token_users: the salts and hashes by user name, as the token service reads them, a secret. None without
            `args.token_service`.
        passwords: the generated passwords by user name, a secret. None if none was generated.
    """

    htpasswd: pulumi.Output[str]
    token_users: pulumi.Output[dict[str, Any]] | None
    passwords: pulumi.Output[dict[str, str]] | None

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Credentials", name, {}, opts)
        self._prefix, self._child = name, pulumi.ResourceOptions(parent=self)
        self._token_service = args.token_service
        self.passwords = self.token_users = None
        if args.htpasswd is not None:
            content = pulumi.Output.from_input(args.htpasswd).apply(lambda known: _file(known.splitlines()))
        elif args.users is not None:
            content = self._file(args.users)
        else:
            password = random.RandomPassword(
                f"{name}-{GENERATED_USER}",
                length=_PASSWORD_LENGTH,
                special=False,  # easy to type and to quote; 62^32 passwords are enough
                opts=self._child,
            ).result
            self.passwords = pulumi.Output.secret(password.apply(lambda known: {GENERATED_USER: known}))
            content = self._file({GENERATED_USER: password})
        self.htpasswd = pulumi.Output.secret(content)
        self.register_outputs({"htpasswd": self.htpasswd})

    def _file(self, users: pulumi.Input[Mapping[str, pulumi.Input[str]]]) -> pulumi.Output[str]:
        key = random.RandomBytes(f"{self._prefix}-salts", length=32, opts=self._child).base64
        with_key = pulumi.Output.all(users, key)
        if self._token_service:
            self.token_users = pulumi.Output.secret(with_key.apply(lambda known: _token_users(*known)))
        return with_key.apply(lambda known: _file(_lines(*known)))


def _lines(users: Mapping[str, str], key: str) -> Iterator[str]:
    """Write the users' lines in the order of their names."""
    for user, password in sorted(users.items()):
        yield htpasswd_line(user, password, user_salt(key, user))


def _token_users(users: Mapping[str, str], key: str) -> dict[str, dict[str, str]]:
    """Return the users' entries in the token service's configuration."""

    def entry(user: str, password: str) -> dict[str, str]:
        salt = user_salt(key, user)
        return {"salt": salt, "hash": base64.b64encode(hashed(password, base64.b64decode(salt))).decode()}

    return {user: entry(user, password) for user, password in sorted(users.items())}


def _file(lines: Iterable[str]) -> str:
    """Return the file with these lines. Their ends are LF: the instances refuse a file with CRLF."""
    return "".join(f"{line}\n" for line in lines)
