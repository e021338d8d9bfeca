"""The htpasswd file, from each of its sources."""

import pulumi
import pytest
from passlib.hash import bcrypt

from components.credentials import Credentials, CredentialsArgs
from sandbox.evaluation.declared import Declaration
from sandbox.evaluation.monitor import State
from tests.unit.helpers import Declare

HASH = f"$2y$10${'a' * 53}"
PASSWORDS = {"zoe": "lantern orbit velvet canyon drum", "alice": "meadow copper violin thunder ice"}
USERS: dict[str, pulumi.Input[str]] = {**PASSWORDS}


def declared(declare: Declare, args: CredentialsArgs, state: State | None = None) -> Declaration:
    def program() -> None:
        created = Credentials("user", args)
        pulumi.export("htpasswd", created.htpasswd)
        pulumi.export("passwords", created.passwords)

    return declare(program, state=state)


def lines(declaration: Declaration) -> dict[str, str]:
    return dict(line.split(":") for line in declaration.exports["htpasswd"].splitlines())


def test_each_user_has_a_line_with_the_password_hash(declare: Declare) -> None:
    hashes = lines(declared(declare, CredentialsArgs(users=USERS)))
    assert list(hashes) == ["alice", "zoe"]  # sorted: the order of the argument is irrelevant
    assert bcrypt.verify(PASSWORDS["alice"], hashes["alice"])
    assert bcrypt.verify(PASSWORDS["zoe"], hashes["zoe"])
    assert all(line.startswith("$2b$05$") for line in hashes.values())


def test_users_and_their_names_can_be_unknown_until_the_deployment(declare: Declare) -> None:
    def program() -> None:
        created = Credentials("user", CredentialsArgs(users=pulumi.Output.secret(USERS)))
        pulumi.export("htpasswd", created.htpasswd)

    assert lines(declare(program)) == lines(declared(declare, CredentialsArgs(users=USERS)))


def test_default_user_has_a_generated_password(declare: Declare) -> None:
    credentials = declared(declare, CredentialsArgs())
    password = credentials.exports["passwords"]["docker"]
    assert password.isalnum()
    assert len(password) == 32
    hashes = lines(credentials)
    assert list(hashes) == ["docker"]
    assert bcrypt.verify(password, hashes["docker"])
    assert hashes["docker"].startswith("$2b$05$")


@pytest.mark.parametrize("content", [f"alice:{HASH}\n", f"alice:{HASH}", f"alice:{HASH}\r\n"])
def test_htpasswd_file_is_used_with_lf_line_ends(declare: Declare, content: str) -> None:
    credentials = declared(declare, CredentialsArgs(htpasswd=content))
    assert credentials.exports["htpasswd"] == f"alice:{HASH}\n"
    assert credentials.exports.get("passwords") is None


@pytest.mark.parametrize(
    "args", [CredentialsArgs(users=USERS), CredentialsArgs(), CredentialsArgs(htpasswd=f"a:{HASH}")]
)
def test_htpasswd_and_generated_passwords_are_secrets(declare: Declare, args: CredentialsArgs) -> None:
    credentials = declared(declare, args)
    generated = {"passwords"} if credentials.exports.get("passwords") else set()
    assert credentials.secret_exports == {"htpasswd"} | generated


@pytest.mark.parametrize("args", [CredentialsArgs(users=USERS), CredentialsArgs()])
def test_same_state_gives_the_same_file(declare: Declare, args: CredentialsArgs) -> None:
    state: State = {}
    first, again, other = (declared(declare, args, each).exports for each in (state, state, {}))
    assert again == first
    assert other["htpasswd"] != first["htpasswd"]


def test_another_user_does_not_change_the_lines_of_others(declare: Declare) -> None:
    before = lines(declared(declare, CredentialsArgs(users=USERS)))
    after = lines(declared(declare, CredentialsArgs(users={**USERS, "bob": "kettle harbour ginger saddle owl"})))
    assert {user: after[user] for user in before} == before


def test_repr_of_the_arguments_has_no_passwords() -> None:
    assert PASSWORDS["alice"] not in repr(CredentialsArgs(users=USERS))
    assert HASH not in repr(CredentialsArgs(htpasswd=f"alice:{HASH}"))
