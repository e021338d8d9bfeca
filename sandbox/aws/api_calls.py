"""Which operations of the AWS API a program calls, and which are refused: the server's log has a line for each."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
from moto.core.responses import BaseResponse

from sandbox.aws.patching import wrap

_LINE, _REFUSED = "call", "refused"
# In XML and in JSON.
_ERROR_CODE = re.compile(r'(?:<Code>|"__type": ?")([\w.]+)')


@dataclass(frozen=True, order=True)
class Call:
    """An operation that was called.

    Attributes:
        service: its name in boto3, such as "elbv2".
        operation: such as "CreateListener".
        client: the first part of the caller's User-Agent, such as "APN/1.0" or "Boto3/1.44.5".
    """

    service: str
    operation: str
    client: str


def log_calls() -> None:
    """Print a line for each call, for the rest of this process."""
    wrap(BaseResponse, "setup_class", _log)


def logged_calls(log: Path) -> set[Call]:
    """The calls in a server's log."""
    lines = (line.split() for line in log.read_text().splitlines())
    return {Call(*words[1:]) for words in lines if words[:1] == [_LINE] and len(words) == 4}


def log_refusal(service: str | None, operation: str, body: object) -> None:
    """Print a line for an answer that is an error. S3's do not pass here."""
    code = _ERROR_CODE.search(str(body))
    print(f"{_REFUSED} {service} {operation} {code[1] if code else 'unknown'}\n", end="", flush=True)


def logged_refusals(log: Path) -> list[str]:
    """The refused calls in a server's log, as "ec2 DeleteSubnet DependencyViolation"."""
    lines = log.read_text().splitlines()
    return [line.removeprefix(f"{_REFUSED} ") for line in lines if line.startswith(f"{_REFUSED} ")]


def _log(setup: Callable[..., None], response: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    setup(response, request, *args, **kwargs)
    service = response.service_name
    operation = _s3_operation(request) if service == "s3" else response._get_action()
    client = response.headers.get("User-Agent", "unknown").split()[0]
    # Written at once: the server has a thread for each request.
    print(f"{_LINE} {service} {operation} {client}\n", end="", flush=True)


def _s3_operation(request: Any) -> str:
    """Told by method, path and what such a request must carry. moto knows the operation of few of them."""
    parts = urlsplit(request.url)
    names = [*parse_qs(parts.query, keep_blank_values=True), *(header for header, _ in request.headers)]
    carried = {name.lower() for name in names}
    fitting = [kind for kind in _s3_operations() if kind.fits(request.method, parts.path, carried)]
    # Two that are alike: the longer name is the newer one's, such as "GetBucketLifecycleConfiguration".
    return max(fitting, key=lambda kind: (len(kind.required), len(kind.name))).name


@dataclass(frozen=True)
class _S3Operation:
    """An operation of S3.

    Attributes:
        method: of its requests.
        depth: of its path: 0 for the account, 1 for a bucket, 2 for an object.
        required: the query parameters and headers that each of its requests has, in lower case.
    """

    name: str
    method: str
    depth: int
    required: frozenset[str]

    def fits(self, method: str, path: str, carried: set[str]) -> bool:
        depth = len([part for part in path.split("/", 2) if part])
        return (method, depth) == (self.method, self.depth) and self.required <= carried


@functools.cache
def _s3_operations() -> Sequence[_S3Operation]:
    model: Any = botocore.session.get_session().get_service_model("s3")
    return [_described(model.operation_model(name)) for name in model.operation_names]


def _described(operation: Any) -> _S3Operation:
    parts = urlsplit(operation.http["requestUri"])
    shape = operation.input_shape
    places = [shape.members[name].serialization for name in shape.required_members] if shape else []
    required = [place["name"] for place in places if place.get("location") in ("querystring", "header")]
    own = parse_qs(parts.query, keep_blank_values=True)
    depth = len([part for part in parts.path.split("/") if part])
    return _S3Operation(
        operation.name, operation.http["method"], depth, frozenset(name.lower() for name in (*own, *required))
    )
