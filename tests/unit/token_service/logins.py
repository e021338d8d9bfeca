"""Logins by AWS identity, as clients make them, and as attackers would."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from unittest.mock import patch

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGISTRY = "registry.example.com"
REGION = "eu-west-1"
STS_HOST = f"sts.{REGION}.amazonaws.com"
BODY = "Action=GetCallerIdentity&Version=2011-06-15"
CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"


def signed(
    credentials: Credentials,
    *,
    registry: str | None = REGISTRY,
    region: str = REGION,
    host: str = STS_HOST,
    service: str = "sts",
    method: str = "POST",
    path: str = "/",
    body: str = BODY,
    headers: Mapping[str, str] | None = None,
    at: datetime | None = None,
) -> dict[str, str]:
    """Sign a request, now or at a time, and return the fields of a password.

    Without arguments it is the request that the login command signs.
    """
    own = {"Content-Type": CONTENT_TYPE, **({"X-Private-Registry": registry} if registry else {})}
    request = AWSRequest(method, f"https://{host}{path}", data=body, headers={**own, **(headers or {})})
    with patch("botocore.auth.get_current_datetime", return_value=at or datetime.now(timezone.utc)):
        SigV4Auth(credentials, service, region).add_auth(request)
    fields = {"authorization": request.headers["Authorization"], "date": request.headers["X-Amz-Date"]}
    return {**fields, "token": credentials.token} if credentials.token else fields


def password(fields: object) -> str:
    """Encode fields as a password."""
    return encoded(json.dumps(fields).encode())


def encoded(content: bytes) -> str:
    return "v1." + base64.urlsafe_b64encode(content).rstrip(b"=").decode()
