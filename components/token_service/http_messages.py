"""HTTP requests and responses as an Application Load Balancer exchanges them with a Lambda function.

Source: Elastic Load Balancing, Application Load Balancers, "Use Lambda functions as targets of an Application Load
Balancer". The target group has multi-value headers enabled.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from .refused import Refused, Unauthorized

_FORM = "application/x-www-form-urlencoded"
_MAX_FIELDS = 100


@dataclass(frozen=True)
class Login:
    """A user name and a password."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Request:
    """A request. Its query or form may contain a password.

    Attributes:
        headers: the values of each header, by its name in lower case.
        query: the decoded values of each query parameter.
        body: the body.
    """

    method: str
    path: str
    headers: Mapping[str, list[str]]
    query: Mapping[str, list[str]] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def address(self) -> str:
        """The client's IP address. The load balancer appends it to what the client claims."""
        return ",".join(self.headers.get("x-forwarded-for", [])).rpartition(",")[2].strip()

    @property
    def user_agent(self) -> str:
        """The client's program, as it says."""
        return ",".join(self.headers.get("user-agent", []))

    def basic_login(self) -> Login | None:
        """Return the login of the header Authorization, or None if there is none.

        Raises:
            Unauthorized: there is one, but not of the scheme Basic.
        """
        values = self.headers.get("authorization", [])
        if not values:
            return None
        scheme, _, encoded = values[0].partition(" ")
        try:
            user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = user = password = ""
        if len(values) != 1 or scheme.lower() != "basic" or not colon:
            raise Unauthorized("the header Authorization is not Basic with a user name and a password")
        return Login(user, password)

    def form(self) -> Mapping[str, list[str]]:
        """Return the values of each field of the form in the body.

        Raises:
            Refused: the body is no form.
        """
        kind = ",".join(self.headers.get("content-type", [])).partition(";")[0].strip().lower()
        if kind != _FORM:
            raise Refused(f"the body is not {_FORM}")
        try:
            pairs = parse_qsl(self.body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
        except ValueError:
            raise Refused(f"the body is no form of at most {_MAX_FIELDS} fields") from None
        fields: dict[str, list[str]] = {}
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        return fields


def single(values: Mapping[str, list[str]], name: str) -> str | None:
    """Return the only value of a parameter, or None if it is missing.

    Raises:
        Refused: there are several.
    """
    found = values.get(name, [])
    if len(found) > 1:
        raise Refused(f"the parameter {name} may be there once")
    return found[0] if found else None


def request(event: Mapping[str, Any]) -> Request:
    """Return the request in an event of the load balancer."""
    # The load balancer does not decode the query. It encodes a body unless its type is known as text.
    query = _by_name(event.get("multiValueQueryStringParameters"), unquote_plus)
    headers = _by_name(event.get("multiValueHeaders"), str.lower)
    body = (event.get("body") or "").encode()
    return Request(
        method=event["httpMethod"],
        path=event["path"],
        headers=headers,
        query={name: [unquote_plus(value) for value in values] for name, values in query.items()},
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body,
    )


def _by_name(values: Mapping[str, list[str]] | None, normalized: Callable[[str], str]) -> dict[str, list[str]]:
    """Return the values of each name, in one list if names are equal when they are normalized."""
    found: dict[str, list[str]] = {}
    for name, each in (values or {}).items():
        found.setdefault(normalized(name), []).extend(each)
    return found


def response(status: int, content: object, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a response with JSON content, as the load balancer takes it. No cache may keep it."""
    all_headers = {"Content-Type": "application/json", "Cache-Control": "no-store", **(headers or {})}
    return {
        "statusCode": status,
        "statusDescription": f"{status} {HTTPStatus(status).phrase}",
        "multiValueHeaders": {name: [value] for name, value in all_headers.items()},
        "body": json.dumps(content),
        "isBase64Encoded": False,
    }
