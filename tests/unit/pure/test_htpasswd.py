"""Lines that the registry accepts, the same at each run, and everything that is refused."""

import base64

import pytest
from passlib.hash import bcrypt

from components.pure.htpasswd import (
    CHOSEN_COST,
    GENERATED_COST,
    htpasswd_line,
    htpasswd_problems,
    password_problems,
    user_problems,
)

SALT = base64.b64encode(bytes(range(16))).decode()
FAST = 4
HASH = f"$2y$10${'a' * 53}"


@pytest.mark.parametrize("password", ["secret", "p:w $'\"\\", "pässwörd", "日本", "x" * 72])
def test_hash_verifies_the_password(password: str) -> None:
    user, _, hashed = htpasswd_line("alice", password, SALT, FAST).partition(":")
    assert user == "alice"
    assert bcrypt.verify(password, hashed)
    assert not bcrypt.verify(f"not {password}", hashed)


def test_line_depends_only_on_its_inputs() -> None:
    other = base64.b64encode(bytes(range(1, 17))).decode()
    line = htpasswd_line("alice", "secret", SALT, FAST)
    assert htpasswd_line("alice", "secret", SALT, FAST) == line
    assert htpasswd_line("alice", "secret", other, FAST) != line


@pytest.mark.parametrize("cost", [GENERATED_COST, CHOSEN_COST])
def test_line_has_the_cost(cost: int) -> None:
    assert htpasswd_line("alice", "secret", SALT, cost).startswith(f"alice:$2b${cost:02}$")


def test_chosen_passwords_cost_more() -> None:
    assert GENERATED_COST < CHOSEN_COST


def test_every_salt_is_valid() -> None:
    # Of bcrypt's 22 characters the last one has four padding bits, which must not be set.
    for last in range(256):
        salt = base64.b64encode(bytes([255] * 15 + [last])).decode()
        assert list(htpasswd_problems(htpasswd_line("alice", "secret", salt, FAST))) == []


@pytest.mark.parametrize("password", ["x", "x" * 72, "ä" * 36, "日" * 24])
def test_passwords_of_1_to_72_bytes_are_taken(password: str) -> None:
    assert list(password_problems("alice", password)) == []


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("", "is empty"),
        ("x" * 73, "is 73 bytes long"),
        ("ä" * 37, "is 74 bytes long"),
        ("日" * 25, "is 75 bytes long"),
        ("sentinel\x00", "has a null character"),
    ],
)
def test_other_passwords_are_refused_and_not_shown(password: str, found: str) -> None:
    (problem,) = password_problems("alice", password)
    assert problem.found == f"the password of 'alice' (a secret) {found}"
    assert not password or password not in str(problem)


@pytest.mark.parametrize("name", ["alice", "a.b-c_d@example.com", "Zoë", "x" * 128])
def test_names_without_colon_and_white_space_are_taken(name: str) -> None:
    assert list(user_problems({name: "secret"})) == []


@pytest.mark.parametrize("name", ["", "a:b", "a b", "a\nb", "a\tb", "a\x00", "\x7f", "x" * 129])
def test_other_names_are_refused(name: str) -> None:
    (problem,) = user_problems({name: "secret"})
    assert repr(name) in problem.found


def test_a_map_without_users_is_refused() -> None:
    (problem,) = user_problems({})
    assert problem.found == "has no user"


def test_a_password_that_is_not_known_yet_is_left_for_later() -> None:
    assert list(user_problems({"alice": object()})) == []


def test_all_users_are_checked_at_once() -> None:
    found = [problem.found for problem in user_problems({"a:b": "", "bob": "x" * 73, "carol": "secret"})]
    assert found == [
        "the user name 'a:b' cannot be used",
        "the password of 'a:b' (a secret) is empty",
        "the password of 'bob' (a secret) is 73 bytes long",
    ]


@pytest.mark.parametrize(
    "content",
    [f"alice:{HASH}", f"alice:{HASH}\n", f"a:{HASH}\nb:{HASH.replace('2y', '2a')}\nc:{HASH.replace('2y', '2b')}\n"],
)
def test_bcrypt_lines_are_taken(content: str) -> None:
    assert list(htpasswd_problems(content)) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "has no line"),
        ("\n", "line 1 (not shown) is not NAME:BCRYPT-HASH"),
        (f"alice:{HASH}\n\n", "line 2 (not shown) is not NAME:BCRYPT-HASH"),
        (f"# users\nalice:{HASH}\nbob:$apr1$x\n", "line 1, 3 (not shown) is not NAME:BCRYPT-HASH"),
        ("alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "line 1 (not shown) is not NAME:BCRYPT-HASH"),
        (f"alice:{HASH[:-1]}", "line 1 (not shown) is not NAME:BCRYPT-HASH"),
        (f"alice:{HASH} ", "line 1 (not shown) is not NAME:BCRYPT-HASH"),
        (f"alice:{HASH.replace('$10$', '$99$')}", "line 1 (not shown) is not NAME:BCRYPT-HASH"),
        (f":{HASH}", "line 1 (not shown) is not NAME:BCRYPT-HASH"),
        (f"alice:{HASH}:more", "line 1 (not shown) is not NAME:BCRYPT-HASH"),
    ],
)
def test_other_files_are_refused_by_line_and_not_shown(content: str, found: str) -> None:
    (problem,) = htpasswd_problems(content)
    assert problem.found == found
