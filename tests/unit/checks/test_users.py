"""Problems with users, passwords and htpasswd files."""

import pytest

from components.checks.users import htpasswd_problems, password_problems, user_problems

HASH = f"$2y$10${'a' * 53}"


@pytest.mark.parametrize("password", ["x", "x" * 72, "ä" * 36, "日" * 24])
def test_valid_passwords(password: str) -> None:
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
def test_invalid_password_is_refused_and_not_shown(password: str, found: str) -> None:
    (problem,) = password_problems("alice", password)
    assert problem.found == f"the password of 'alice' (a secret) {found}"
    assert not password or password not in str(problem)


@pytest.mark.parametrize("name", ["alice", "a.b-c_d@example.com", "Zoë", "x" * 128])
def test_valid_user_names(name: str) -> None:
    assert list(user_problems({name: "secret"})) == []


@pytest.mark.parametrize("name", ["", "a:b", "a b", "a\nb", "a\tb", "a\x00", "\x7f", "x" * 129])
def test_invalid_user_name_is_refused(name: str) -> None:
    (problem,) = user_problems({name: "secret"})
    assert repr(name) in problem.found


def test_empty_map_is_refused() -> None:
    (problem,) = user_problems({})
    assert problem.found == "has no user"


def test_unknown_password_is_skipped() -> None:
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
def test_valid_htpasswd_files(content: str) -> None:
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
def test_invalid_htpasswd_file_is_refused_by_line_and_not_shown(content: str, found: str) -> None:
    (problem,) = htpasswd_problems(content)
    assert problem.found == found
