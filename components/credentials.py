"""The registry's users and their passwords."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_random as random

from .checks.users import htpasswd_problems, password_problems
from .problems import InvalidInput
from .pure.htpasswd import htpasswd_line

GENERATED_USER = "docker"
_PASSWORD_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    """Arguments of `Credentials`: `users`, or an `htpasswd` file, or neither for one user with a generated password.

    Attributes:
        users: passwords by user name. Default: none.
        htpasswd: the content of an htpasswd file with bcrypt hashes. Default: none.
        domain: the registry's domain, whose words make a password no harder to guess. Default: none.
    """

    users: Mapping[str, pulumi.Input[str]] | None = field(default=None, repr=False)
    htpasswd: pulumi.Input[str] | None = field(default=None, repr=False)
    domain: str | None = None


class Credentials(pulumi.ComponentResource):
    """The content of the registry's htpasswd file. It changes only when a user or a password changes.

    Creates: random.RandomBytes per user (the salt: a new one at each run would be a change at each run), and
    random.RandomPassword for the generated password.

    Attributes:
        htpasswd: the file's content, a secret.
        passwords: the generated passwords by user name, a secret. None if none was generated.

    Raises:
        InvalidInput: a password or the htpasswd file cannot be used.
    """

    htpasswd: pulumi.Output[str]
    passwords: pulumi.Output[dict[str, str]] | None

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Credentials", name, {}, opts)
        self._prefix, self._domain, self._child = name, args.domain, pulumi.ResourceOptions(parent=self)
        self.passwords = None
        if args.htpasswd is not None:
            content = pulumi.Output.from_input(args.htpasswd).apply(_checked_file)
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

    def _file(self, users: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
        lines = [self._line(user, users[user]) for user in sorted(users)]
        return pulumi.Output.all(*lines).apply(_file)

    def _line(self, user: str, password: pulumi.Input[str]) -> pulumi.Output[str]:
        salt = random.RandomBytes(f"{self._prefix}-{user}", length=16, opts=self._child)
        return pulumi.Output.all(password, salt.base64).apply(
            lambda known: _checked_line(user, known[0], known[1], self._domain)
        )


def _checked_line(user: str, password: str, salt: str, domain: str | None) -> str:
    if problems := list(password_problems(user, password, domain)):
        raise InvalidInput(problems)
    return htpasswd_line(user, password, salt)


def _checked_file(content: str) -> str:
    if problems := list(htpasswd_problems(content)):
        raise InvalidInput(problems)
    return _file(content.splitlines())


def _file(lines: Iterable[str]) -> str:
    """Return the file with these lines. Their ends are LF: the instances refuse a file with CRLF."""
    return "".join(f"{line}\n" for line in lines)
