"""The log of the emulated AWS API: one line per call, with its operation, and one per refused call."""

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

from sandbox.aws.patching import around

_LINE, _REFUSED = "call", "refused"
# Of errors in XML and in JSON.
_ERROR_CODE = re.compile(r'(?:<Code>|"__type": ?")([\w.]+)')


@dataclass(frozen=True, order=True)
class Call:
    """A call of an operation.

    Attributes:
        service: its name in boto3, such as "elbv2".
        operation: such as "CreateListener".
        client: the first part of the caller's User-Agent, such as "APN/1.0" or "Boto3/1.44.5".
    """

    service: str
    operation: str
    client: str


def logged_calls(log: Path) -> set[Call]:
    """Read the calls from a server's log."""
    lines = (line.split() for line in log.read_text().splitlines())
    return {Call(*words[1:]) for words in lines if words[:1] == [_LINE] and len(words) == 4}


def log_refusal(service: str | None, operation: str, body: object) -> None:
    """Print a line for an error response. Errors of S3 are not logged."""
    code = _ERROR_CODE.search(str(body))
    print(f"{_REFUSED} {service} {operation} {code[1] if code else 'unknown'}\n", end="", flush=True)


def logged_refusals(log: Path) -> list[str]:
    """Read the refused calls from a server's log, such as "ec2 DeleteSubnet DependencyViolation"."""
    lines = log.read_text().splitlines()
    return [line.removeprefix(f"{_REFUSED} ") for line in lines if line.startswith(f"{_REFUSED} ")]


@around(BaseResponse, "setup_class")
def _log_call(setup: Callable[..., None], response: Any, request: Any, *args: Any, **kwargs: Any) -> None:
    setup(response, request, *args, **kwargs)
    service = response.service_name
    operation = _s3_operation(request) if service == "s3" else response._get_action()
    client = response.headers.get("User-Agent", "unknown").split()[0]
    # With its newline in one write, since each request has its own thread.
    print(f"{_LINE} {service} {operation} {client}\n", end="", flush=True)


def _s3_operation(request: Any) -> str:
    """Find the operation by method, path, query parameters and headers. moto names few operations of S3."""
    parts = urlsplit(request.url)
    names = [*parse_qs(parts.query, keep_blank_values=True), *(header for header, _ in request.headers)]
    sent = {name.lower() for name in names}
    matches = [operation for operation in _s3_operations() if operation.matches(request.method, parts.path, sent)]
    # Of two operations with the same request, the longer name is the newer: "GetBucketLifecycleConfiguration".
    return max(matches, key=lambda operation: (len(operation.required), len(operation.name))).name


@dataclass(frozen=True)
class _S3Operation:
    """An operation of S3.

    Attributes:
        method: the HTTP method.
        depth: the parts of the path: 0 for the account, 1 for a bucket, 2 for an object.
        required: the required query parameters and headers, in lower case.
    """

    name: str
    method: str
    depth: int
    required: frozenset[str]

    def matches(self, method: str, path: str, sent: set[str]) -> bool:
        depth = len([part for part in path.split("/", 2) if part])
        return (method, depth) == (self.method, self.depth) and self.required <= sent


@functools.cache
def _s3_operations() -> Sequence[_S3Operation]:
    model: Any = botocore.session.get_session().get_service_model("s3")
    return [_s3_operation_of(model.operation_model(name)) for name in model.operation_names]


def _s3_operation_of(operation: Any) -> _S3Operation:
    parts = urlsplit(operation.http["requestUri"])
    shape = operation.input_shape
    places = [shape.members[name].serialization for name in shape.required_members] if shape else []
    required = [place["name"] for place in places if place.get("location") in ("querystring", "header")]
    in_path = parse_qs(parts.query, keep_blank_values=True)
    depth = len([part for part in parts.path.split("/") if part])
    return _S3Operation(
        operation.name, operation.http["method"], depth, frozenset(name.lower() for name in (*in_path, *required))
    )
