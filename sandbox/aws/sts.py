"""A stand-in for AWS STS that verifies signatures. moto's STS knows only the credentials that it issued itself.

It answers GetCallerIdentity, as the Region's endpoint does. Source: AWS STS API Reference, "GetCallerIdentity" and
"Common Error Types"; the error of an old request is the one that aws-cli#6676 shows.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from botocore.credentials import Credentials
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from sandbox.aws import signatures
from sandbox.machine.http_server import serving_in_thread

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
_CODES = {
    "unsigned": "MissingAuthenticationToken",
    "key": "InvalidClientTokenId",
    "signature": "SignatureDoesNotMatch",
    "time": "SignatureDoesNotMatch",
}


@dataclass(frozen=True)
class Identity:
    """A role or a user, and its credentials.

    Attributes:
        arn: what STS tells.
        credentials: the access key, with a session token if the identity is a role.
        expired: whether the credentials have expired.
    """

    arn: str
    credentials: Credentials = field(repr=False)
    expired: bool = False

    @classmethod
    def of(cls, arn: str, *, expired: bool = False) -> Identity:
        """Make random credentials, temporary ones for an assumed role."""
        temporary = ":assumed-role/" in arn
        key_id = f"{'ASIA' if temporary else 'AKIA'}{base64.b32encode(secrets.token_bytes(10)).decode()}"
        token = base64.b64encode(secrets.token_bytes(300)).decode() if temporary else None
        return cls(arn, Credentials(key_id, secrets.token_urlsafe(30), token), expired)


@contextmanager
def running(identities: Sequence[Identity]) -> Iterator[str]:
    """Run the stand-in on a free port of loopback, in a thread, until the end of the block. Returns its URL."""
    known = {str(identity.credentials.access_key): identity for identity in identities}

    @Request.application
    def answer(request: Request) -> Response:
        return _answer(request, known)

    server = make_server("127.0.0.1", 0, answer, threaded=True, request_handler=_Handler)
    with serving_in_thread(server):
        yield f"http://127.0.0.1:{server.server_port}"


class _Handler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: the log would go to the terminal."""


def _answer(request: Request, known: Mapping[str, Identity]) -> Response:
    try:
        identity = known.get(signatures.access_key_id(request))
        if not identity or request.headers.get("X-Amz-Security-Token") != identity.credentials.token:
            return _error("InvalidClientTokenId", "The security token included in the request is invalid.")
        if identity.expired:
            return _error("ExpiredToken", "The security token included in the request is expired")
        signatures.verify(request, request.get_data(), identity.credentials)
    except signatures.Refused as refused:
        kind, message = refused.args
        return _error(_CODES[kind], message)
    if request.form.get("Action") != "GetCallerIdentity":
        return _error("InvalidAction", "Could not find operation for version 2011-06-15", 400)
    return _xml(
        f"<GetCallerIdentityResponse xmlns='{_NAMESPACE}'><GetCallerIdentityResult>"
        f"<Arn>{escape(identity.arn)}</Arn><UserId>AROAEXAMPLE:session</UserId>"
        f"<Account>{identity.arn.split(':')[4]}</Account></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )


def _error(code: str, message: str, status: int = 403) -> Response:
    return _xml(
        f"<ErrorResponse xmlns='{_NAMESPACE}'><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{escape(message)}</Message></Error><RequestId>0</RequestId></ErrorResponse>",
        status,
    )


def _xml(content: str, status: int = 200) -> Response:
    return Response(content, status, content_type="text/xml")
