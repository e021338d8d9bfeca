"""The users of the registry, and their passwords."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_random as random

from .problems import InvalidInput
from .pure.htpasswd import CHOSEN_COST, GENERATED_COST, htpasswd_line, htpasswd_problems, password_problems

GENERATED_USER = "docker"
_PASSWORD_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class CredentialsArgs:
    """Who may log in: `users`, or an `htpasswd` file, or neither, which makes one user `docker`.

    Attributes:
        users: user names and their passwords.
        htpasswd: a ready file's content.
    """

    users: Mapping[str, pulumi.Input[str]] | None = field(default=None, repr=False)
    htpasswd: pulumi.Input[str] | None = field(default=None, repr=False)


class Credentials(pulumi.ComponentResource):
    """An htpasswd file that is the same from run to run.

    Makes: random.RandomBytes (a salt per user; a fresh one at each run would be a change at each run), and
    random.RandomPassword (for the generated user).

    Attributes:
        htpasswd: the file's content, a secret.
        passwords: the generated passwords by user name, a secret; None if there are none.

    Raises:
        InvalidInput: a password or the file cannot be used.
    """

    htpasswd: pulumi.Output[str]
    passwords: pulumi.Output[dict[str, str]] | None

    def __init__(self, name: str, args: CredentialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:Credentials", name, {}, opts)
        self.passwords = None
        if args.htpasswd is not None:
            content = pulumi.Output.from_input(args.htpasswd).apply(_checked_file)
        elif args.users is not None:
            content = self._file(name, args.users, CHOSEN_COST)
        else:
            password = random.RandomPassword(
                f"{name}-{GENERATED_USER}",
                length=_PASSWORD_LENGTH,
                special=False,  # it will be typed and quoted; 62 characters to the 32nd are plenty
                opts=pulumi.ResourceOptions(parent=self),
            )
            self.passwords = pulumi.Output.secret(password.result.apply(lambda known: {GENERATED_USER: known}))
            content = self._file(name, {GENERATED_USER: password.result}, GENERATED_COST)
        self.htpasswd = pulumi.Output.secret(content)
        self.register_outputs({"htpasswd": self.htpasswd})

    def _file(self, name: str, users: Mapping[str, pulumi.Input[str]], cost: int) -> pulumi.Output[str]:
        lines = [self._line(name, user, users[user], cost) for user in sorted(users)]
        return pulumi.Output.all(*lines).apply(lambda done: "".join(f"{line}\n" for line in done))

    def _line(self, name: str, user: str, password: pulumi.Input[str], cost: int) -> pulumi.Output[str]:
        salt = random.RandomBytes(f"{name}-{user}", length=16, opts=pulumi.ResourceOptions(parent=self))

        def line(known: list[Any]) -> str:
            if problems := list(password_problems(user, known[0])):
                raise InvalidInput(problems)
            return htpasswd_line(user, known[0], known[1], cost)

        return pulumi.Output.all(password, salt.base64).apply(line)


def _checked_file(content: str) -> str:
    if problems := list(htpasswd_problems(content)):
        raise InvalidInput(problems)
    return content if content.endswith("\n") else f"{content}\n"
