"""Requests for tokens: what clients get, and what the log says."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from urllib.parse import urlencode

import pytest

from components.token_service.rules import Rule
from tests.unit.token_service.logins import REGION, REGISTRY
from tests.unit.token_service.services import Answer, Service, event, get_event, post_event

ALICE = ("alice", "kettle harbour ginger saddle owl")
BOB = ("bob", "ginger saddle owl kettle harbour")
NOW = datetime(2026, 11, 28, 23, 0, tzinfo=timezone.utc)
RULES = (
    Rule("user:alice", ("team/*", "base/alpine"), ("pull", "push")),
    Rule("user:alice", (), ("catalog",)),
    Rule("*", ("public/*",), ("pull",)),
)


@pytest.fixture
def service() -> Service:
    return Service(RULES, dict([ALICE, BOB]), time=NOW.timestamp())


def form(service: Service, **fields: str) -> Answer:
    return service.answer(post_event(list({"grant_type": "password", "service": REGISTRY, **fields}.items())))


def test_token_names_registry_caller_and_grant(service: Service) -> None:
    answer = service.get("repository:team/app:pull,push", login=ALICE)
    now = int(NOW.timestamp())
    assert answer.claims == {
        "iss": "private-registry",
        "aud": REGISTRY,
        "sub": "user:alice",
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": "request-1",
        "access": [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}],
    }
    assert answer.content["access_token"] == answer.content["token"]
    assert (answer.content["expires_in"], answer.content["scope"]) == (300, "repository:team/app:pull,push")
    assert answer.headers["Cache-Control"] == ["no-store"]


def test_form_of_oauth_gives_the_same_token(service: Service) -> None:
    by_query = service.get("repository:team/app:pull", "registry:catalog:*", login=ALICE)
    user, password = ALICE
    by_form = form(service, username=user, password=password, scope="repository:team/app:pull registry:catalog:*")
    assert by_form.claims == by_query.claims
    assert by_form.granted == {"team/app": ["pull"], "catalog": ["*"]}


def test_scopes_are_cut_to_the_rules(service: Service) -> None:
    """The second scope is the one that a mount of another repository's layer needs."""
    answer = service.get("repository:team/app:pull,push,delete", "repository:secret/app:pull", login=ALICE)
    assert answer.granted == {"team/app": ["pull", "push"]}
    assert (answer.line["asked"], answer.line["granted"]) == (
        "repository:team/app:pull,push,delete repository:secret/app:pull",
        "repository:team/app:pull,push",
    )


@pytest.mark.parametrize(
    ("scopes", "granted"),
    [
        (["repository:team/a:*"], {"team/a": ["pull", "push"]}),
        (["repository(plugin):team/a:pull"], {"team/a": ["pull"]}),
        (["repository:team/a:pull repository:team/b:push"], {"team/a": ["pull"], "team/b": ["push"]}),
        (["repository:team/a:pull", "repository:team/a:push"], {"team/a": ["pull", "push"]}),
        (["repository:public/a:pull,push"], {"public/a": ["pull"]}),
        (["repository:team/a:"], {}),
        (["repository:team/a:admin"], {}),
        (["repository:secret/a:pull"], {}),
        (["registry:catalog:*"], {"catalog": ["*"]}),
        # Names that a rule's pattern matches, if nothing checked that they are names.
        (["repository:team/../secret/a:pull"], {}),
        (["repository:team/a:5000/b:pull"], {}),
        (["repository:team/*:pull"], {}),
        (["repository:team/a\x00:pull"], {}),
        ([], {}),
    ],
)
def test_scopes(service: Service, scopes: list[str], granted: dict[str, list[str]]) -> None:
    assert service.get(*scopes, login=ALICE).granted == granted


@pytest.mark.parametrize(
    "scope",
    [
        "repository:team/a",
        "repository::pull",
        "repository:team/a:pull,",
        'repository:team/a:pull"],"admin":["*',
        "repository:team/a:PULL",
        "repository:team/a:pull\nrepository:secret/a:pull",
        "Repository:team/a:pull",
        f"repository:{'a' * 600}:pull",
    ],
)
def test_malformed_scope_is_refused(service: Service, scope: str) -> None:
    answer = service.get(scope, login=ALICE)
    assert (answer.status, answer.content["error"]) == (400, "invalid_request")
    assert "token" not in answer.content


def test_anonymous_caller_gets_what_everybody_may(service: Service) -> None:
    answer = service.get("repository:public/app:pull")
    assert answer.granted == {"public/app": ["pull"]}
    assert (answer.claims["sub"], answer.line["caller"]) == ("", "anonymous")


@pytest.mark.parametrize("scope", ["repository:team/app:pull", "repository:public/app:push", "registry:catalog:*"])
def test_anonymous_caller_is_asked_to_log_in_for_the_rest(service: Service, scope: str) -> None:
    answer = service.get(scope)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == [f'Basic realm="{REGISTRY}"']


def test_anonymous_access_needs_a_rule() -> None:
    assert Service(RULES[:2]).get().status == 401


def test_login_without_a_rule_is_refused() -> None:
    answer = Service(RULES[:2], dict([BOB])).get(login=BOB)
    assert (answer.status, answer.content["details"]) == (401, "no rule is about user:bob")


@pytest.mark.parametrize("login", [("alice", BOB[1]), ("carol", ALICE[1]), ("", ""), ("alice", ""), ("alice", "\x00")])
def test_wrong_password_and_unknown_user_get_one_answer(service: Service, login: tuple[str, str]) -> None:
    by_query = service.get("repository:public/app:pull", login=login)
    by_form = form(service, username=login[0], password=login[1], scope="repository:public/app:pull")
    for answer in (by_query, by_form):
        assert (answer.status, answer.content["error"]) == (401, "invalid_grant")
        assert answer.content["errors"] == [
            {"code": "UNAUTHORIZED", "message": "the user name or the password is wrong"}
        ]


def test_token_is_only_for_this_registry(service: Service) -> None:
    answer = service.get("repository:team/app:pull", login=ALICE, service="other.example.com")
    assert (answer.status, "token" in answer.content) == (400, False)
    assert service.get("repository:team/app:pull", login=ALICE, service=None).claims["aud"] == REGISTRY


@pytest.mark.parametrize("grant_type", ["refresh_token", "authorization_code", ""])
def test_other_grants_of_oauth_are_refused(service: Service, grant_type: str) -> None:
    user, password = ALICE
    answer = form(service, grant_type=grant_type, refresh_token="x", username=user, password=password)
    assert (answer.status, answer.content["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("name", ["username", "password", "grant_type", "service"])
def test_parameter_that_is_there_twice_is_refused(service: Service, name: str) -> None:
    fields = [("grant_type", "password"), ("username", ALICE[0]), ("password", ALICE[1]), ("service", REGISTRY)]
    assert service.answer(post_event(fields)).status == 200
    assert service.answer(post_event([*fields, (name, dict(fields)[name])])).status == 400


@pytest.mark.parametrize("header", ["Bearer x", "Basic", "Basic !", "Basic YWxpY2U=", "Basic YWxpY2U6/w=="])
def test_other_authorization_is_refused(service: Service, header: str) -> None:
    assert service.get("repository:public/app:pull", headers={"authorization": [header]}).status == 401


@pytest.mark.parametrize(("scheme", "status"), [("Basic", 200), ("bASIC", 200), ("Digest", 401), ("", 401)])
def test_scheme_of_a_login_is_basic(service: Service, scheme: str, status: int) -> None:
    (header,) = get_event(login=ALICE)["multiValueHeaders"]["authorization"]
    assert service.get(headers={"authorization": [header.replace("Basic", scheme)]}).status == status


def test_two_logins_are_refused(service: Service) -> None:
    (basic,) = get_event(login=ALICE)["multiValueHeaders"]["authorization"]
    assert service.get(headers={"authorization": [basic, basic]}).status == 401
    assert service.get(headers={"authorization": [basic], "Authorization": [basic]}).status == 401


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/auth/login", 200),
        ("POST", "/auth/login", 405),
        ("DELETE", "/auth/token", 405),
        ("GET", "/auth/", 404),
        ("GET", "/auth/token/", 404),
        ("GET", "/auth/%74oken", 404),
    ],
)
def test_paths_and_methods(service: Service, method: str, path: str, status: int) -> None:
    answer = service.answer(event(method, path))
    assert (answer.status, answer.line) == (status, {})


def test_login_path_tells_the_region(service: Service) -> None:
    assert service.answer(event("GET", "/auth/login")).content == {"region": REGION}


@pytest.mark.parametrize(
    ("more", "content_type", "status"),
    [
        ("", "application/x-www-form-urlencoded", 200),
        ("&a=%c3%a9", "Application/X-WWW-Form-urlencoded; charset=utf-8", 200),
        ("", "application/json", 400),
        ("&a=%ff", "application/x-www-form-urlencoded", 400),
        ("&a=b" * 100, "application/x-www-form-urlencoded", 400),
    ],
)
def test_body_is_a_form(service: Service, more: str, content_type: str, status: int) -> None:
    """Its type is one that the load balancer passes on as text."""
    user, password = ALICE
    posted = event("POST", headers={"content-type": [content_type]})
    posted["body"] = urlencode({"grant_type": "password", "username": user, "password": password}) + more
    assert service.answer(posted).status == status


def test_token_that_is_too_long_for_a_header_is_refused(service: Service) -> None:
    scopes = [f"repository:team/{'a' * 200}{number}:pull,push" for number in range(20)]
    assert len(service.get(*scopes[:15], login=ALICE).content["token"]) < 7_000
    assert service.get(*scopes, login=ALICE).status == 400


def test_log_has_who_from_where_asked_and_granted(service: Service) -> None:
    line = service.get("repository:team/app:pull", login=ALICE).line
    assert line == {
        "time": NOW.isoformat(timespec="milliseconds"),
        "event": "token",
        "id": "request-1",
        "outcome": "issued",
        "status": 200,
        "caller": "user:alice",
        "address": "192.0.2.7",  # of the load balancer: the client chose the one before
        "client": "docker/28",
        "asked": "repository:team/app:pull",
        "granted": "repository:team/app:pull",
    }


def test_log_of_a_refusal_has_the_reason_and_no_secret(service: Service) -> None:
    """A user name that nobody has may be a password in the wrong field."""
    secret = "sentinel sentinel sentinel"
    answers = [
        service.get(login=("alice", secret)),
        service.get(login=(secret, secret)),
        service.get(login=("aws", secret)),
        service.get("malformed", login=("alice", secret)),
        form(service, username="alice", password=secret, grant_type="refresh_token"),
        form(service, username=secret, password=secret),
    ]
    assert [answer.line["outcome"] for answer in answers] == ["refused"] * 6
    assert [answer.line.get("caller") for answer in answers] == [
        *("user:alice", "unknown user", "aws", None, None, "unknown user")
    ]
    for answer in answers:
        assert answer.line["reason"] == answer.content["error_description"]
        assert "sentinel" not in json.dumps([answer.line, answer.content, answer.headers])


def test_log_cannot_be_forged_or_filled(service: Service) -> None:
    headers = {"user-agent": ["x\n" + "y" * 100_000], "x-forwarded-for": ["z" * 100_000]}
    scopes = [f"repository:\u2028{number:0500}:pull" for number in range(10)]
    service.get("repository:public/app:pull", *scopes, headers=headers)
    (line,) = service.log
    assert len(line) < 3_500
    assert line.isprintable()


def test_refusals_have_only_characters_of_an_error_description(service: Service) -> None:
    """RFC 6749, section 5.2."""
    refused = [service.get("x"), service.get("repository:secret/a:pull"), form(service, username="a", password="b")]
    for answer in refused:
        assert all(" " <= each <= "~" and each not in '"\\' for each in answer.content["error_description"])
