"""The password of a login by AWS identity: a signed request to AWS STS, which tells whose it is.

The password has only the headers that differ from one login to the next. Everything else of the request is fixed here,
so a client cannot choose another action, another host or more headers. The name of the registry is a signed header: a
password for one registry is none for another.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from .refused import Unauthorized

USER = "aws"
PREFIX = "v1."
BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
# STS refuses older requests ("Signature expired", aws-cli#6676). It accepts those of the next 15 minutes too. Here only
# a clock may be fast: a login that is made in advance is valid for longer.
MAX_AGE = timedelta(minutes=15)
MAX_AHEAD = timedelta(minutes=5)

_NOT_MADE = "the password is not one that private-registry login makes"
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_DATE = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[A-Z0-9]{16,128}/(?P<day>[0-9]{8})/(?P<region>[a-z0-9-]+)/sts/aws4_request,"
    r" ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=[0-9a-f]{64}"
)
_SESSION_TOKEN = re.compile(r"[\x21-\x7e]+")


def request_headers(password: str, *, registry: str, region: str, sts_host: str, now: datetime) -> dict[str, str]:
    """Return the headers of the request to STS that a password stands for.

    Args:
        password: the password.
        registry: the registry's host name, without a port.
        region: the AWS region whose STS is asked.
        sts_host: the host name of that STS.
        now: the time, with a time zone.

    Raises:
        Unauthorized: the password is malformed, too old, or for the STS of another region.
    """
    fields = _fields(password)
    authorization, date, token = fields["authorization"], fields["date"], fields.get("token")
    claim = _AUTHORIZATION.fullmatch(authorization)
    if not claim or not _DATE.fullmatch(date) or (token is not None and not _SESSION_TOKEN.fullmatch(token)):
        raise Unauthorized(_NOT_MADE)
    headers = {
        "content-type": CONTENT_TYPE,
        "host": sts_host,
        "x-amz-date": date,
        **({"x-amz-security-token": token} if token else {}),
        "x-private-registry": registry,
    }
    # All of them are signed, and no other header.
    if claim["headers"] != ";".join(headers) or claim["day"] != date[:8]:
        raise Unauthorized(_NOT_MADE)
    if claim["region"] != region:
        raise Unauthorized(f"the login is signed for AWS STS in {claim['region'][:32]}, and not in {region}")
    _check_age(date, now)
    return {**headers, "authorization": authorization}


class _Fields(dict[str, str]):
    """The members of a JSON object."""


def _fields(password: str) -> Mapping[str, str]:
    encoded = password.removeprefix(PREFIX)
    if encoded == password or not _BASE64URL.fullmatch(encoded):
        raise Unauthorized(_NOT_MADE)
    try:
        content = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("ascii")
        fields: Any = json.loads(content, object_pairs_hook=_fields_once)
    except (binascii.Error, RecursionError, TypeError, ValueError):
        raise Unauthorized(_NOT_MADE) from None
    if not isinstance(fields, _Fields) or fields.keys() - {"token"} != {"authorization", "date"}:
        raise Unauthorized(_NOT_MADE)
    return fields


def _fields_once(pairs: list[tuple[str, object]]) -> _Fields:
    """Return the members of a JSON object, which are strings with different names."""
    fields = _Fields((name, value) for name, value in pairs if isinstance(value, str))
    if len(fields) != len(pairs):
        raise ValueError
    return fields


def _check_age(date: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Unauthorized(_NOT_MADE) from None
    if now - signed_at > MAX_AGE:
        raise Unauthorized("the login has expired, 15 minutes after it was made; make a new one")
    if signed_at - now > MAX_AHEAD:
        raise Unauthorized("the login was made in the future: the clock of the machine that made it is fast")
