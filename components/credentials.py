"""The registry's users and their passwords."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_random as random

from .pure.htpasswd import htpasswd_line, user_salt

GENERATED_USER = "docker"
_PASSWORD_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    """Arguments of `Credentials`: `users`, or an `htpasswd` file, or neither for one user with a generated password.

    Attributes:
        users: passwords by user name. Default: none.
        htpasswd: the content of an htpasswd file with bcrypt hashes. Default: none.
    """

    users: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = field(default=None, repr=False)
    htpasswd: pulumi.Input[str] | None = field(default=None, repr=False)


class Credentials(pulumi.ComponentResource):
    """The content of the registry's htpasswd file. It changes only when a user or a password changes.

    Creates: random.RandomBytes (the key of the users' salts: a new salt at each run would be a change at each run), and
    random.RandomPassword for the generated password.

    Attributes:
        htpasswd: the file's content, a secret.
        passwords: the generated passwords by user name, a secret. None if none was generated.
    """

    htpasswd: pulumi.Output[str]
    passwords: pulumi.Output[dict[str, str]] | None

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Credentials", name, {}, opts)
        self._prefix, self._child = name, pulumi.ResourceOptions(parent=self)
        self.passwords = None
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
        return pulumi.Output.all(users, key).apply(lambda known: _file(_lines(*known)))


def _lines(users: Mapping[str, str], key: str) -> Iterator[str]:
    """Write the users' lines in the order of their names."""
    for user, password in sorted(users.items()):
        yield htpasswd_line(user, password, user_salt(key, user))


def _file(lines: Iterable[str]) -> str:
    """Return the file with these lines. Their ends are LF: the instances refuse a file with CRLF."""
    return "".join(f"{line}\n" for line in lines)
