"""The identity behind a signed request, from AWS STS."""

import re
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit
from xml.etree import ElementTree

from .login_request import BODY
from .refused import Unauthorized, Unavailable
from .rules import principal

# Sends headers to STS, and returns the status and the body of its answer.
AskSts = Callable[[Mapping[str, str]], tuple[int, bytes]]

_TIMEOUT_SECONDS = 5
_MAX_BYTES = 64 * 1024
# AWS STS API Reference, "GetCallerIdentity".
_NAMESPACE = "{https://sts.amazonaws.com/doc/2011-06-15/}"
# IAM User Guide, "IAM identifiers"; AWS STS API Reference, "AssumeRole", RoleSessionName.
_ASSUMED_ROLE = re.compile(
    r"arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([A-Za-z0-9_+=,.@-]{1,64})/[A-Za-z0-9_+=,.@-]{2,64}"
)
_ERROR_CODE = re.compile(rb"<Code>([A-Za-z]{1,64})</Code>")
# "Common Error Types" of the API reference. STS answers 400 when it throttles.
_LATER = {"InternalFailure", "RequestLimitExceeded", "ServiceUnavailable", "Throttling", "ThrottlingException"}


def sts_at(url: str) -> AskSts:
    """Return the function that asks the STS at a URL. It follows no redirect and uses no proxy."""
    address = urlsplit(url)
    connect = HTTPSConnection if address.scheme == "https" else HTTPConnection

    def ask(headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection = connect(address.netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("POST", "/", BODY, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(_MAX_BYTES)
        except (HTTPException, OSError):
            raise Unavailable("AWS STS does not answer; try again") from None
        finally:
            connection.close()

    return ask


def caller_arn(status: int, body: bytes, *, registry: str, region: str) -> str:
    """Return the ARN in the answer of STS.

    Args:
        status: the status of the answer.
        body: the body of the answer.
        registry: the registry's host name, for messages.
        region: the region of STS, for messages.

    Raises:
        Unauthorized: STS refused the request.
        Unavailable: STS failed, or its answer is not one of GetCallerIdentity.
    """
    if status == 200:
        return _arn(body)
    found = _ERROR_CODE.search(body)
    code = found[1].decode() if found else ""
    if status >= 500 or status == 429 or not code or code in _LATER:
        raise Unavailable("AWS STS fails; try again")
    raise Unauthorized(_reasons(registry, region).get(code, f"AWS STS refused the login: {code}"))


def role_or_user(arn: str) -> str:
    """Return the ARN of a role or user as rules are compared with it. An assumed role counts as its role.

    Raises:
        Unauthorized: the ARN is of another kind: a federated user, an account's root user.
    """
    if found := _ASSUMED_ROLE.fullmatch(arn):
        partition, account, name = found.groups()
        return f"arn:{partition}:iam::{account}:role/{name}"
    found = principal(arn)
    if not found or found.kind != "user":
        raise Unauthorized("the AWS identity is neither a role nor an IAM user, so no rule can name it")
    return found.arn


def _arn(body: bytes) -> str:
    unexpected = Unavailable("the answer of AWS STS is not one of GetCallerIdentity")
    if b"<!" in body:  # no document type, so no entities
        raise unexpected
    try:
        root = ElementTree.fromstring(body.decode())  # noqa: S314 (of STS, through TLS, and without entities)
    except (ElementTree.ParseError, ValueError):
        raise unexpected from None
    results = root.findall(f"{_NAMESPACE}GetCallerIdentityResult")
    if root.tag != f"{_NAMESPACE}GetCallerIdentityResponse" or len(results) != 1:
        raise unexpected
    fields = [(field.tag.removeprefix(_NAMESPACE), field.text or "") for field in results[0]]
    values = dict(fields)
    if len(fields) != 3 or set(values) != {"Arn", "UserId", "Account"}:
        raise unexpected
    if values["Arn"].split(":")[4:5] != [values["Account"]]:
        raise unexpected
    return values["Arn"]


def _reasons(registry: str, region: str) -> dict[str, str]:
    """Return what the error codes of STS mean to the person."""
    expired = "the AWS credentials have expired; renew them and log in again"
    return {
        "SignatureDoesNotMatch": "AWS STS refused the signature: it is wrong, or made for another host name than"
        f" {registry}",
        "ExpiredToken": expired,
        "ExpiredTokenException": expired,
        # IAM User Guide, "Manage AWS STS in an AWS Region".
        "InvalidClientTokenId": f"AWS STS in {region} does not know the access key; if AWS disables the Region by"
        " default, STS there refuses session tokens of the global endpoint, sts.amazonaws.com",
    }
