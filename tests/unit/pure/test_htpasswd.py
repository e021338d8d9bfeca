"""Lines of an htpasswd file: hashes that verify, and the same line in each run."""

import base64

import pytest
from passlib.hash import bcrypt
from passlib.utils.binary import bcrypt64

from components.checks.users import htpasswd_problems
from components.pure.htpasswd import htpasswd_line, user_salt

SALT = base64.b64encode(bytes(range(16))).decode()
FAST = 4


@pytest.mark.parametrize("password", ["secret", "p:w $'\"\\", "pässwörd", "日本", "x" * 72])
def test_hash_verifies_the_password_only(password: str) -> None:
    user, _, hashed = htpasswd_line("alice", password, SALT, FAST).partition(":")
    assert user == "alice"
    assert bcrypt.verify(password, hashed)
    assert not bcrypt.verify(f"not {password}", hashed)


def test_line_depends_on_the_salt_only() -> None:
    other = base64.b64encode(bytes(range(1, 17))).decode()
    line = htpasswd_line("alice", "secret", SALT, FAST)
    assert htpasswd_line("alice", "secret", SALT, FAST) == line
    assert htpasswd_line("alice", "secret", other, FAST) != line


def test_hash_is_that_of_other_implementations() -> None:
    """A vector of crypt_blowfish (wrapper.c), so that every version of bcrypt must give the same hash."""
    salt = base64.b64encode(bcrypt64.decode_bytes(b"CCCCCCCCCCCCCCCCCCCCC.")).decode()
    line = htpasswd_line("alice", "U*U", salt, 5)
    assert line == "alice:$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"  # pragma: allowlist secret


def test_cost_is_that_of_the_hash_for_unknown_users() -> None:
    """With another cost, registry 3.1.1 would need another time to refuse a user than to refuse an unknown name."""
    assert htpasswd_line("alice", "secret", SALT).startswith("alice:$2b$05$")


def test_every_salt_gives_a_valid_line() -> None:
    """The last of bcrypt's 22 salt characters has four padding bits, which must not be set."""
    for last in range(256):
        salt = base64.b64encode(bytes([255] * 15 + [last])).decode()
        assert list(htpasswd_problems(htpasswd_line("alice", "secret", salt, FAST))) == []


def test_salt_differs_for_each_user_and_key_and_stays_the_same() -> None:
    keys = [base64.b64encode(bytes([number]) * 32).decode() for number in range(2)]
    salts = [user_salt(key, user) for key in keys for user in ("alice", "bob", "älice")]
    assert len(set(salts)) == len(salts)
    assert {len(base64.b64decode(salt)) for salt in salts} == {16}
    assert user_salt(keys[0], "alice") == salts[0]
