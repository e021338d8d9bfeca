"""Verification of request signatures: other users of the machine can reach the emulated AWS API, and must be refused.

Like AWS, it refuses unsigned requests, unknown access keys, wrong signatures and expired ones. Unlike AWS, it does not
verify the signature of each chunk of a streamed body, since moto does not read them. botocore signs the request again,
and the signatures are compared.

Sources: AWS IAM User Guide, "AWS Signature Version 4 for API requests"; Amazon S3 API Reference, "Authenticating
Requests".
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ALGORITHM = "AWS4-HMAC-SHA256"
_HEADER = re.compile(rf"{_ALGORITHM} Credential=(\S+), ?SignedHeaders=(\S+), ?Signature=(\S+)")
_SCOPE = re.compile(r"([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_TIME = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=15)
_LONGEST_EXPIRY_SECONDS = 7 * 24 * 3600  # of a presigned URL
_SHA256 = re.compile(r"[0-9a-f]{64}")

# Error codes of S3 ("Error responses") and of the other services ("Common Errors").
_CODES = {
    "unsigned": ("AccessDenied", "MissingAuthenticationToken"),
    "key": ("InvalidAccessKeyId", "InvalidClientTokenId"),
    "signature": ("SignatureDoesNotMatch", "SignatureDoesNotMatch"),
    "time": ("RequestTimeTooSkewed", "RequestExpired"),
}


class Refused(Exception):
    """The request is refused. The arguments are a key of `_CODES` and the error message."""


@dataclass(frozen=True)
class _Claim:
    """The signature of a request, and what it says that was signed.

    Attributes:
        headers: the names of the signed headers.
        lifetime: how long the signature is valid, from `time` on.
    """

    key_id: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str
    time: datetime
    lifetime: timedelta
    presigned: bool


def required(app: WSGIApplication, credentials: Credentials) -> WSGIApplication:
    """Wrap an application so that it answers 403 to requests that are not signed with `credentials`."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data(cache=False)
        environ["wsgi.input"] = io.BytesIO(body)
        try:
            verify(request, body, credentials)
        except Refused as refused:
            kind, message = refused.args
            return _refusal(request, kind, message)(environ, start_response)
        return app(environ, start_response)

    return guarded


def access_key_id(request: Request) -> str:
    """Return the ID of the access key with which a request claims to be signed.

    Raises:
        Refused: it claims none.
    """
    return _claim(request).key_id


def verify(request: Request, body: bytes, credentials: Credentials) -> None:
    """Verify that a request is signed with credentials, and now.

    Raises:
        Refused: it is not.
    """
    claim = _claim(request)
    if claim.key_id != credentials.access_key:
        raise Refused("key", f"The access key {claim.key_id} is not the one of this sandbox.")
    if not hmac.compare_digest(_signature(request, body, claim, credentials), claim.signature):
        raise Refused("signature", "The request was not signed with the secret access key of this sandbox.")
    declared = request.headers.get("X-Amz-Content-SHA256", "")
    if _SHA256.fullmatch(declared) and declared != hashlib.sha256(body).hexdigest():
        raise Refused("signature", "The body differs from the signed one.")
    now = datetime.now(timezone.utc)
    if not claim.time - _SKEW <= now <= claim.time + claim.lifetime:
        raise Refused("time", f"The signature of {claim.time:{_TIME}} is not valid now, at {now:{_TIME}}.")


def _claim(request: Request) -> _Claim:
    query = request.args
    if presigned := "X-Amz-Signature" in query:
        credential, headers = query.get("X-Amz-Credential", ""), query.get("X-Amz-SignedHeaders", "")
        signature, time = query["X-Amz-Signature"], query.get("X-Amz-Date", "")
        lifetime = query.get("X-Amz-Expires", "")
    else:
        if not (found := _HEADER.fullmatch(request.headers.get("Authorization", ""))):
            raise Refused("unsigned", f"The request has no {_ALGORITHM} signature.")
        credential, headers, signature = found.groups()
        time, lifetime = request.headers.get("X-Amz-Date", ""), str(int(_SKEW.total_seconds()))
    scope, signed_at = _SCOPE.fullmatch(credential), _time(time)
    if not scope or not signed_at or not lifetime.isdecimal() or "host" not in headers.split(";"):
        raise Refused("unsigned", "The request's signature is malformed.")
    return _Claim(
        key_id=scope[1],
        region=scope[2],
        service=scope[3],
        headers=tuple(headers.split(";")),
        signature=signature,
        time=signed_at,
        lifetime=timedelta(seconds=min(int(lifetime), _LONGEST_EXPIRY_SECONDS)),
        presigned=presigned,
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _signature(request: Request, body: bytes, claim: _Claim, credentials: Credentials) -> str:
    """Sign the request again, with path and query as they were sent, including escapes."""
    path, _, query = request.environ["RAW_URI"].partition("?")
    kept = "&".join(pair for pair in query.split("&") if not pair.startswith("X-Amz-Signature="))
    signed = AWSRequest(request.method, f"http://{request.host}{path}?{kept}", data=body)
    for name in claim.headers:
        signed.headers[name] = request.headers.get(name, "")
    signed.context["timestamp"] = claim.time.strftime(_TIME)
    if claim.presigned:
        signed.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    signer = (_S3Signer if claim.service == "s3" else _Signer)(credentials, claim.service, claim.region)
    signer.signed = claim.headers
    return str(signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed))


class _Signer(SigV4Auth):
    """Signs the headers that the client signed. botocore would choose others."""

    signed: tuple[str, ...] = ()

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        headers = HTTPHeaders()
        for name in self.signed:
            headers[name] = request.headers[name]
        return headers


class _S3Signer(_Signer, S3SigV4Auth):
    """Signs for S3, which does not normalize the path."""


def _refusal(request: Request, kind: str, message: str) -> Response:
    target, scope = request.headers.get("X-Amz-Target"), request.headers.get("Authorization", "")
    is_s3 = "/s3/aws4_request" in scope or not (target or "/aws4_request" in scope)
    code = _CODES[kind][0 if is_s3 else 1]
    if target:
        return Response(
            json.dumps({"__type": code, "message": message}), 403, content_type="application/x-amz-json-1.1"
        )
    error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    if not is_s3:
        error = f"<ErrorResponse>{error}</ErrorResponse>"
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>\n{error}', 403, content_type="application/xml")
