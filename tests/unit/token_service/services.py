"""A token service with a key and a clock of its own, and the requests of clients."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from components.token_service.access import AccessFile
from components.token_service.callers import AwsLogins
from components.token_service.http_messages import request
from components.token_service.rules import Rule
from components.token_service.service import TokenService
from components.token_service.static_users import hashed
from components.token_service.sts import AskSts
from components.token_service.tokens import Issuer
from tests.unit.token_service.logins import REGION, REGISTRY, STS_HOST

KEY_ID = "AAAA:BBBB"
_KEY = rsa.generate_private_key(65537, 2048)
_SALT = bytes(range(16))


@dataclass(frozen=True)
class Answer:
    """The response to a request, and what the log has of it."""

    status: int
    headers: Mapping[str, list[str]]
    content: dict[str, Any]
    line: dict[str, Any]

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the token, whose signature is verified."""
        header, claims, signature = self.content["token"].split(".")
        signed = f"{header}.{claims}".encode()
        try:
            _KEY.public_key().verify(_decoded(signature), signed, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            raise AssertionError("the token is not signed by the key") from None
        assert json.loads(_decoded(header)) == {"typ": "JWT", "alg": "RS256", "kid": KEY_ID}
        return json.loads(_decoded(claims))

    @property
    def granted(self) -> dict[str, list[str]]:
        """The actions that the token grants, by the name of the resource."""
        return {each["name"]: each["actions"] for each in self.claims["access"]}


@dataclass
class Service:
    """The service, with rules, users with their passwords, and an STS.

    Attributes:
        time: the time in seconds since the epoch. None for the clock's.
        log: the lines of the log.
    """

    rules: Sequence[Rule]
    users: Mapping[str, str] = field(default_factory=dict)
    ask_sts: AskSts = field(default=lambda _headers: (500, b""))
    time: float | None = None
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        access = access_json(self.rules, self.users)
        self._service = TokenService(
            issuer=Issuer("private-registry", REGISTRY, KEY_ID, _sign),
            access_file=AccessFile(lambda: access, self._now, self.log.append),
            aws_logins=AwsLogins(REGISTRY, REGION, STS_HOST, self.ask_sts),
            now=self._now,
            log=self.log.append,
        )

    def _now(self) -> float:
        return time.time() if self.time is None else self.time

    def answer(self, event: Mapping[str, Any]) -> Answer:
        before = len(self.log)
        response = self._service.answer(request(event), "request-1")
        line = json.loads("".join(self.log[before:]) or "{}")  # at most one
        return Answer(response["statusCode"], response["multiValueHeaders"], json.loads(response["body"]), line)

    def get(self, *scopes: str, login: tuple[str, str] | None = None, **changes: Any) -> Answer:
        """Ask for a token as Docker Engine does."""
        return self.answer(get_event(*scopes, login=login, **changes))


def get_event(
    *scopes: str,
    login: tuple[str, str] | None = None,
    service: str | None = REGISTRY,
    headers: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Return the event of a request for a token with a query. The load balancer leaves its values encoded."""
    basic = {"authorization": [f"Basic {base64.b64encode(':'.join(login).encode()).decode()}"]} if login else {}
    query = {"service": [service]} if service else {}
    if scopes:
        query["scope"] = [quote(scope, safe="") for scope in scopes]
    return event("GET", query=query, headers={**basic, **(headers or {})})


def post_event(fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the event of a request for a token with a form. The load balancer encodes its body."""
    return {
        **event("POST", headers={"content-type": ["application/x-www-form-urlencoded"]}),
        "body": base64.b64encode(urlencode(fields).encode()).decode(),
        "isBase64Encoded": True,
    }


def event(
    method: str,
    path: str = "/auth/token",
    *,
    query: Mapping[str, list[str]] | None = None,
    headers: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:..."}},
        "httpMethod": method,
        "path": path,
        "multiValueQueryStringParameters": query or {},
        "multiValueHeaders": {
            "user-agent": ["docker/28"],
            "x-forwarded-for": ["10.9.9.9, 192.0.2.7"],
            **(headers or {}),
        },
        "body": "",
        "isBase64Encoded": False,
    }


def access_json(rules: Sequence[Rule], users: Mapping[str, str]) -> bytes:
    """Return the file with rules and users, as a deployment writes it."""
    return json.dumps(
        {
            "rules": [
                {"who": each.who, "repositories": list(each.repositories), "actions": list(each.actions)}
                for each in rules
            ],
            "users": {
                name: {
                    "salt": base64.b64encode(_SALT).decode(),
                    "hash": base64.b64encode(_hashed(password)).decode(),
                }
                for name, password in users.items()
            },
        }
    ).encode()


@cache
def _hashed(password: str) -> bytes:
    return hashed(password, _SALT)


def _sign(digest: bytes) -> bytes:
    return _KEY.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
