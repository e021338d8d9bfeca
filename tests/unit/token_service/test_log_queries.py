"""The saved queries of the token service's log, on the lines that it writes."""

from __future__ import annotations

import pytest

from components.pure.log_queries import TOKEN_QUERIES
from components.token_service.rules import Rule
from sandbox.aws.logs_insights import Row, run
from tests.unit.token_service.services import Service

ALICE = ("alice", "kettle harbour ginger saddle owl")
RULES = (Rule("user:alice", ("team/*",), ("pull", "push")), Rule("*", ("public/*",), ("pull",)))


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """A push that mounts a layer, a push that gets less than it asks for, a pull, and two refused requests."""
    service = Service(RULES, dict([ALICE]))
    service.get("repository:public/base:pull", "repository:team/app:pull,push", login=ALICE)
    service.get("repository:public/base:pull,push", login=ALICE)
    service.get("repository:public/base:pull")
    service.get("repository:team/app:pull")
    service.get("repository:team/app:pull", login=("alice", "wrong"))
    return service.log


def result(query: str, lines: list[str], *names: str) -> list[Row]:
    texts = {each.name: each.text for each in TOKEN_QUERIES}
    rows = run(texts[query], lines)
    return sorted(({name: row[name] for name in names} for row in rows), key=str)


def test_who_got_tokens(lines: list[str]) -> None:
    assert result("who got tokens", lines, "caller", "address", "granted", "tokens") == [
        {"caller": "anonymous", "address": "192.0.2.7", "granted": "repository:public/base:pull", "tokens": 1},
        {
            "caller": "user:alice",
            "address": "192.0.2.7",
            "granted": "repository:public/base:pull repository:team/app:pull,push",
            "tokens": 1,
        },
        {"caller": "user:alice", "address": "192.0.2.7", "granted": "repository:public/base:pull", "tokens": 1},
    ]


def test_who_could_push(lines: list[str]) -> None:
    assert result("who could push", lines, "repository", "caller", "tokens") == [
        {"repository": "team/app", "caller": "user:alice", "tokens": 1}
    ]


def test_refused_tokens(lines: list[str]) -> None:
    assert result("refused tokens", lines, "caller", "reason") == [
        {"caller": "anonymous", "reason": "log in first"},
        {"caller": "user:alice", "reason": "the user name or the password is wrong"},
    ]


def test_tokens_with_less_than_asked(lines: list[str]) -> None:
    assert result("tokens with less than asked", lines, "caller", "asked", "granted") == [
        {"caller": "user:alice", "asked": "repository:public/base:pull,push", "granted": "repository:public/base:pull"}
    ]
