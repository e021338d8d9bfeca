"""Problems with users, passwords and htpasswd files."""

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components import PrivateRegistryArgs
from components.checks.users import htpasswd_problems, password_problems, user_problems, users_problems

HASH = f"$2y$10${'a' * 53}"
PASSWORD = "kettle harbour ginger saddle owl"
# What refusals of passwords say.
REFUSALS = {"is empty", "has a null character", "is shorter than 15 characters", "is easy to guess"}


@pytest.mark.parametrize("password", [PASSWORD, "v7Qm2xTz9LkW4pRb8sJd", "v7Qm2xTz9LkW4pRb8sJd" * 3 + "aeiouy-12345"])
def test_valid_passwords(password: str) -> None:
    assert list(password_problems("alice", password)) == []


def test_password_of_the_suggested_command_is_valid() -> None:
    (problem,) = password_problems("alice", "x")
    assert isinstance(problem.example, str)
    suggested = subprocess.run(shlex.split(problem.example), capture_output=True, text=True, check=True)
    assert list(password_problems("alice", suggested.stdout.rstrip("\n"))) == []


@pytest.mark.parametrize(
    ("password", "found"),
    [
        ("", "is empty"),
        ("x" * 73, "is 73 bytes long"),
        ("ä" * 37, "is 74 bytes long"),
        ("日" * 25, "is 75 bytes long"),
        ("sentinel\x00", "has a null character"),
        ("sentinel", "is shorter than 15 characters"),
        ("sentinel sentinel", "is easy to guess"),
        ("alice@alice-alice", "is easy to guess"),
    ],
)
def test_invalid_password_is_refused_and_not_shown(password: str, found: str) -> None:
    (problem,) = password_problems("alice", password)
    assert problem.found == f"the password of 'alice' (a secret) {found}"
    assert not password or password not in str(problem)


def test_words_of_the_domain_make_a_password_no_harder_to_guess() -> None:
    users = {"alice": "alice@registry.acme-robotics.example"}
    args = PrivateRegistryArgs(users=users, domain="registry.acme-robotics.example")
    (problem,) = users_problems(args, "us-west-2")
    assert problem.found == "the password of 'alice' (a secret) is easy to guess"
    assert list(users_problems(PrivateRegistryArgs(users=users), "us-west-2")) == []


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_password_is_valid_or_refused_in_words_that_do_not_depend_on_it(password: str) -> None:
    size = len(password.encode())
    found = [problem.found for problem in password_problems("alice", password)]
    allowed = REFUSALS if size <= 72 else {f"is {size} bytes long"}
    assert {each.removeprefix("the password of 'alice' (a secret) ") for each in found} <= allowed
    assert found or len(password) >= 15


@pytest.mark.parametrize("name", ["alice", "a.b-c_d@example.com", "Zoë", "x" * 128])
def test_valid_user_names(name: str) -> None:
    assert list(user_problems({name: PASSWORD})) == []


@pytest.mark.parametrize("name", ["", "a:b", "a b", "a\nb", "a\tb", "a\x00", "\x7f", "x" * 129])
def test_invalid_user_name_is_refused(name: str) -> None:
    (problem,) = user_problems({name: PASSWORD})
    assert repr(name) in problem.found


def test_empty_map_is_refused() -> None:
    (problem,) = user_problems({})
    assert problem.found == "has no user"


def test_unknown_password_is_skipped() -> None:
    assert list(user_problems({"alice": object()})) == []


def test_all_users_are_checked_at_once() -> None:
    found = [
        problem.found for problem in user_problems({"a:b": "", "bob": "x" * 73, "carol": PASSWORD, "dave": "secret"})
    ]
    assert found == [
        "the user name 'a:b' cannot be used",
        "the password of 'a:b' (a secret) is empty",
        "the password of 'bob' (a secret) is 73 bytes long",
        "the password of 'dave' (a secret) is shorter than 15 characters",
    ]


@pytest.mark.parametrize(
    "content",
    [f"alice:{HASH}", f"alice:{HASH}\n", f"a:{HASH}\nb:{HASH.replace('2y', '2a')}\nc:{HASH.replace('2y', '2b')}\n"],
)
def test_valid_htpasswd_files(content: str) -> None:
    assert list(htpasswd_problems(content)) == []


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("", "has no line"),
        ("\n", "line 1 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        (f"alice:{HASH}\n\n", "line 2 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        (f"# users\nalice:{HASH}\nbob:$apr1$x\n", "line 1, 3 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        ("alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "line 1 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        (f"alice:{HASH[:-1]}", "line 1 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        (f"alice:{HASH} ", "line 1 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        (f"alice:{HASH.replace('$10$', '$13$')}", "line 1 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        (f":{HASH}", "line 1 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
        (f"alice:{HASH}:more", "line 1 (not shown) is not NAME:BCRYPT-HASH of cost 4 to 12"),
    ],
)
def test_invalid_htpasswd_file_is_refused_by_line_and_not_shown(content: str, found: str) -> None:
    (problem,) = htpasswd_problems(content)
    assert problem.found == found
