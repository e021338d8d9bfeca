"""Logins by AWS identity, against an STS that verifies signatures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from botocore.credentials import Credentials

from components.token_service.rules import Rule
from components.token_service.sts import AskSts, sts_at
from private_registry_login import aws
from sandbox.aws import sts
from sandbox.machine.http_server import Handler, serving_in_thread
from tests.unit.token_service.logins import BODY, CONTENT_TYPE, REGION, REGISTRY, encoded, password, signed
from tests.unit.token_service.services import Answer, Service

ACCOUNT = "123456789012"
ROLE_SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/alice@example.com"
USER = f"arn:aws:iam::{ACCOUNT}:user/team/alice"
RULES = (
    Rule(f"arn:aws:iam::{ACCOUNT}:role/ci/deployer", ("team/*",), ("pull", "push")),
    Rule(USER, ("team/*",), ("pull",)),
)
DEPLOYER, ALICE = sts.Identity.of(ROLE_SESSION), sts.Identity.of(USER)
EVIL = sts.Identity.of(f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer-evil/session")
FOREIGN = sts.Identity.of("arn:aws:sts::210987654321:assumed-role/deployer/session")
EXPIRED = sts.Identity.of(ROLE_SESSION, expired=True)
ROOT = sts.Identity.of(f"arn:aws:iam::{ACCOUNT}:root")
FEDERATED = sts.Identity.of(f"arn:aws:sts::{ACCOUNT}:federated-user/alice")
IDENTITIES = (DEPLOYER, ALICE, EVIL, FOREIGN, EXPIRED, ROOT, FEDERATED)


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with sts.running(IDENTITIES) as url:
        yield Service(RULES, ask_sts=sts_at(url))


def login(service: Service, fields: object) -> Answer:
    return service.get("repository:team/app:pull,push", login=("aws", password(fields)))


def ago(minutes: int, seconds: int = 0) -> datetime:
    return datetime.now(timezone.utc) - timedelta(minutes=minutes, seconds=seconds)


def test_assumed_role_counts_as_its_role(service: Service) -> None:
    answer = login(service, signed(DEPLOYER.credentials))
    assert answer.granted == {"team/app": ["pull", "push"]}
    assert answer.claims["sub"] == answer.line["caller"] == ROLE_SESSION


def test_user_counts_with_its_path(service: Service) -> None:
    assert login(service, signed(ALICE.credentials)).granted == {"team/app": ["pull"]}


@pytest.mark.parametrize("identity", [DEPLOYER, ALICE], ids=["role", "user"])
def test_password_of_the_login_command_is_accepted(service: Service, identity: sts.Identity) -> None:
    secret = aws.password(identity.credentials.get_frozen_credentials(), REGISTRY, REGION)
    assert service.get("repository:team/app:pull", login=("aws", secret)).claims["sub"] == identity.arn


@pytest.mark.parametrize("identity", [EVIL, FOREIGN], ids=["another name", "another account"])
def test_identity_without_a_rule_is_refused(service: Service, identity: sts.Identity) -> None:
    answer = login(service, signed(identity.credentials))
    assert (answer.status, answer.content["details"]) == (401, f"no rule is about {identity.arn}")


@pytest.mark.parametrize("identity", [ROOT, FEDERATED], ids=["root", "federated user"])
def test_identity_that_no_rule_can_name_is_refused(service: Service, identity: sts.Identity) -> None:
    assert "no rule can name it" in login(service, signed(identity.credentials)).content["details"]


def test_expired_credentials_are_refused(service: Service) -> None:
    assert "credentials have expired" in login(service, signed(EXPIRED.credentials)).content["details"]


def test_login_is_valid_for_15_minutes(service: Service) -> None:
    assert login(service, signed(DEPLOYER.credentials, at=ago(14))).status == 200
    replayed = login(service, signed(DEPLOYER.credentials, at=ago(15, seconds=1)))
    assert (replayed.status, "has expired" in replayed.content["details"]) == (401, True)


def test_login_of_the_future_is_refused(service: Service) -> None:
    assert login(service, signed(DEPLOYER.credentials, at=ago(-4))).status == 200
    assert "clock" in login(service, signed(DEPLOYER.credentials, at=ago(-6))).content["details"]


def test_date_other_than_the_signed_one_is_refused(service: Service) -> None:
    old = signed(DEPLOYER.credentials, at=ago(20))
    assert login(service, {**old, "date": ago(0).strftime("%Y%m%dT%H%M%SZ")}).status == 401


def test_login_for_another_registry_is_refused(service: Service) -> None:
    answer = login(service, signed(DEPLOYER.credentials, registry="other.example.com"))
    assert (answer.status, REGISTRY in answer.content["details"]) == (401, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"body": "Action=AssumeRole&Version=2011-06-15&RoleArn=x&RoleSessionName=y"},
        {"body": f"{BODY}&x=y"},
        {"body": ""},
        {"method": "GET"},
        {"path": "/x"},
        {"path": f"/?{BODY}"},
        {"host": "sts.amazonaws.com"},
        {"headers": {"Content-Type": "text/plain"}},
    ],
    ids=str,
)
def test_signature_of_another_request_is_refused(service: Service, changes: dict[str, Any]) -> None:
    """The service sends a request of its own with the signature, so STS finds that it does not fit."""
    answer = login(service, signed(DEPLOYER.credentials, **changes))
    assert (answer.status, "refused the signature" in answer.content["details"]) == (401, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"service": "s3"},
        {"registry": None},
        {"headers": {"X-Amz-Target": "x"}},
        {"headers": {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}},
        {"headers": {"Content-Encoding": "aws-chunked"}},
        {"headers": {"Content-Length": "43"}},
        {"headers": {"A": "b"}},
    ],
    ids=str,
)
def test_other_signed_headers_and_services_are_refused(service: Service, changes: dict[str, Any]) -> None:
    answer = login(service, signed(DEPLOYER.credentials, **changes))
    assert "not one that private-registry login makes" in answer.content["details"]


def test_login_for_the_sts_of_another_region_is_refused(service: Service) -> None:
    answer = login(service, signed(DEPLOYER.credentials, region="us-east-1"))
    assert "in us-east-1, and not in eu-west-1" in answer.content["details"]


def test_unknown_and_mixed_credentials_are_refused(service: Service) -> None:
    unknown = sts.Identity.of(ROLE_SESSION).credentials
    own = DEPLOYER.credentials
    wrong_secret = Credentials(own.access_key, unknown.secret_key, own.token)
    wrong_token = Credentials(own.access_key, own.secret_key, unknown.token)
    without_token = Credentials(own.access_key, own.secret_key)
    for credentials, reason in [
        (unknown, "does not know the access key"),
        (wrong_secret, "refused the signature"),
        (wrong_token, "does not know the access key"),
        (without_token, "does not know the access key"),
    ]:
        assert reason in login(service, signed(credentials)).content["details"]


# A login, and a service at its time, with an STS of the test's.
NOW = datetime(2026, 11, 28, 23, 0, tzinfo=timezone.utc)
GOOD = signed(DEPLOYER.credentials, at=NOW)


def never(_headers: object) -> tuple[int, bytes]:
    raise AssertionError("it was sent")


def service_with(ask_sts: AskSts) -> Service:
    return Service(RULES, ask_sts=ask_sts, time=NOW.timestamp())


AUTHORIZATION, DATE, TOKEN = GOOD["authorization"], GOOD["date"], GOOD["token"]
TWICE = json.dumps(GOOD)[:-1] + f', "date": "{DATE}"}}'
MALFORMED = {
    "nothing": "",
    "no content": "v1.",
    "another alphabet": "v1.!",
    "no version": password(GOOD)[3:],
    "another version": "v2." + password(GOOD)[3:],
    "padding": password(GOOD) + "=",
    "line end": password(GOOD) + "\n",
    "no text": encoded(b"\xff\xfe"),
    "too deep": encoded(b"[" * 10_000),
    "field twice": encoded(TWICE.encode()),
    "list": password(list(GOOD.items())),
    "string": password("authorization"),
    "null": password(None),
    "no field": password({}),
    "no date": password({"authorization": AUTHORIZATION, "token": TOKEN}),
    "no token": password({"authorization": AUTHORIZATION, "date": DATE}),
    "host": password({**GOOD, "host": "attacker.example.com"}),
    "no string": password({**GOOD, "authorization": [AUTHORIZATION]}),
    "header in the authorization": password({**GOOD, "authorization": f"{AUTHORIZATION}\r\nX-Amz-Target: x"}),
    "header in the token": password({**GOOD, "token": f"{TOKEN}\r\nx: y"}),
    "algorithm": password({**GOOD, "authorization": AUTHORIZATION.replace("HMAC-SHA256", "ECDSA-P256-SHA256")}),
    "unsigned token": password({**GOOD, "authorization": AUTHORIZATION.replace("x-amz-security-token;", "")}),
    "empty header": password(
        {**GOOD, "authorization": AUTHORIZATION.replace("x-private-registry", "x-private-registry;")}
    ),
    "credential twice": password({**GOOD, "authorization": f"{AUTHORIZATION}, Credential=x"}),
    "empty token": password({**GOOD, "token": ""}),
    "token of null": password({**GOOD, "token": None}),
    "another day than the signature's": password({**GOOD, "date": "19990101T000000Z"}),
    "no time of day": password({**GOOD, "date": f"{DATE[:8]}T999999Z"}),
    "line end in the date": password({**GOOD, "date": f"{DATE}\n"}),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_password_is_not_sent_to_sts(name: str) -> None:
    answer = service_with(never).get(login=("aws", MALFORMED[name]))
    assert "not one that private-registry login makes" in answer.content["details"]


ARN = f"<Arn>{ROLE_SESSION}</Arn>"
REST = f"<UserId>a</UserId><Account>{ACCOUNT}</Account>"


def identity(result: str, *, namespace: str = "https://sts.amazonaws.com/doc/2011-06-15/") -> bytes:
    return (
        f"<GetCallerIdentityResponse xmlns='{namespace}'><GetCallerIdentityResult>{result}</GetCallerIdentityResult>"
        "</GetCallerIdentityResponse>"
    ).encode()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"{}"),
        (200, identity(REST)),
        (200, identity(ARN)),
        (200, identity(ARN + ARN + REST)),
        (200, identity(f"{ARN}<Arn>{USER}</Arn>{REST}")),
        (200, identity(f"{ARN}{REST}<More/>")),
        (200, identity(ARN + REST, namespace="https://example.com/")),
        (200, identity(ARN + REST.replace(ACCOUNT, "210987654321"))),
        (200, identity(ARN + REST).replace(b"GetCallerIdentityResponse", b"AssumeRoleResponse")),
        (200, identity(ARN + REST) * 2),
        (200, identity(f"{ARN}{REST}</GetCallerIdentityResult><GetCallerIdentityResult>{ARN}{REST}")),
        (200, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + identity(ARN + REST)),
        (200, f"<!DOCTYPE x []>{identity(ARN + REST).decode()}".encode("utf-16")),
        (204, identity(ARN + REST)),
        (302, identity(ARN + REST)),
        (500, identity(ARN + REST)),
        (500, b"<Code>Other</Code>"),
        (400, b"<Code>Throttling</Code>"),
        (403, b"no XML"),
    ],
    ids=lambda value: value[-60:] if isinstance(value, bytes) else value,
)
def test_forged_answer_of_sts_is_refused(status: int, body: bytes) -> None:
    answer = login(service_with(lambda _headers: (status, body)), GOOD)
    assert (answer.status, answer.content["error"], "token" in answer.content) == (
        503,
        "temporarily_unavailable",
        False,
    )


def test_expected_answer_of_sts_is_accepted() -> None:
    """The one that the forged ones differ from."""
    assert login(service_with(lambda _headers: (200, identity(ARN + REST))), GOOD).status == 200


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/a/b",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/x/deployer/session",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/s\u00e9ssion",
        f"arn:aws:iam::{ACCOUNT}:role/deployer",
        f"arn:aws:iam::{ACCOUNT}:role/x:user/deployer",
    ],
)
def test_arn_of_another_form_is_refused(arn: str) -> None:
    body = identity(f"<Arn>{arn}</Arn>{REST}")
    assert login(service_with(lambda _headers: (200, body)), GOOD).status == 401


class _Recorder(Handler):
    """Records requests, and redirects them."""

    received: list[tuple[str, str, dict[str, str], bytes]] = []  # noqa: RUF012 (of one test)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append((self.command, self.path, dict(self.headers.items()), body))
        self.answer(307, b"", {"Location": "/again"})


def test_only_known_headers_are_sent_and_no_redirect_is_followed() -> None:
    with recorder() as url:
        assert login(service_with(sts_at(url)), GOOD).status == 503
    ((method, path, headers, body),) = _Recorder.received
    assert (method, path, body.decode()) == ("POST", "/", BODY)
    assert {name.lower(): value for name, value in headers.items()} == {
        "host": "sts.eu-west-1.amazonaws.com",
        "content-type": CONTENT_TYPE,
        "content-length": "43",
        "accept-encoding": "identity",
        "x-private-registry": REGISTRY,
        "x-amz-date": GOOD["date"],
        "x-amz-security-token": GOOD["token"],
        "authorization": GOOD["authorization"],
    }


def test_sts_that_is_down_is_told() -> None:
    with recorder() as url:
        pass
    answer = login(service_with(sts_at(url)), GOOD)
    assert (answer.status, answer.line["outcome"]) == (503, "refused")


@contextmanager
def recorder() -> Iterator[str]:
    handler: type[BaseHTTPRequestHandler] = _Recorder
    server = HTTPServer(("127.0.0.1", 0), handler)
    with serving_in_thread(server):
        yield f"http://127.0.0.1:{server.server_port}"
