"""A Lambda function as a target of the load balancer: requests become events, and results become responses.

Source, unless another is named: Elastic Load Balancing User Guide for Application Load Balancers, "Use Lambda functions
as targets of an Application Load Balancer".
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import Message
from io import BufferedIOBase
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any, cast

from sandbox.aws import lambda_function
from sandbox.aws.emulator import AwsApi
from sandbox.aws.lambda_function import LambdaError, LambdaFunction
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.machine.http_server import Handler, serving_in_thread

_MOST_BYTES = 1_000_000  # of a request's body, and of the function's result as JSON
_AS_TEXT = ("application/json", "application/javascript", "application/xml")
# RFC 9110, 7.6.1. The load balancer does not honor those of a function.
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
    *("transfer-encoding", "upgrade", "content-length"),
}


class BadGateway(Exception):
    """The function's result is no response. The load balancer answers 502."""


@dataclass(frozen=True)
class Response:
    """What the load balancer answers."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Target:
    """A target group with a function.

    Attributes:
        group_arn: the ARN of the target group.
        multi_value: whether the target group has multi-value headers enabled.
        socket: the Unix socket at which it takes requests.
    """

    group_arn: str
    multi_value: bool
    function: LambdaFunction
    socket: Path

    def answer(self, method: str, url: str, headers: Message[str, str], body: bytes) -> Response:
        """Invoke the function for a request."""
        if "upgrade" in headers:
            return Response(400)  # WebSockets are not supported
        try:
            result = self.function.invoke(event(self, method, url, headers, body))
            return response(result, multi_value=self.multi_value)
        except (LambdaError, BadGateway):
            # "Troubleshoot your Application Load Balancers", HTTP 502: the function returned an error, did not respond
            # in time, was throttled, or its response is too large or malformed.
            return Response(502)


def event(target: Target, method: str, url: str, headers: Message[str, str], body: bytes) -> dict[str, Any]:
    """Make the event for a request."""
    path, _, query = url.partition("?")
    # Names and values stay encoded: the function has to decode them.
    parameters = [tuple(pair.partition("=")[::2]) for pair in query.split("&") if pair]
    sent = _values([(name.lower(), value) for name, value in headers.items()])
    # HAProxy adds a second X-Forwarded-For to a client's; the load balancer appends to it ("HTTP headers and
    # Application Load Balancers").
    sent["x-forwarded-for"] = [", ".join(sent.get("x-forwarded-for", []))]
    sent["x-amzn-trace-id"] = [f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}"]
    as_text = not body or ("content-encoding" not in sent and _is_text(headers.get("content-type", "")))
    return {
        "requestContext": {"elb": {"targetGroupArn": target.group_arn}},
        "httpMethod": method,
        "path": path,
        **_named("queryStringParameters", _values(parameters), multi_value=target.multi_value),
        **_named("headers", sent, multi_value=target.multi_value),
        "body": body.decode("utf-8", "replace") if as_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not as_text,
    }


def response(result: Any, *, multi_value: bool) -> Response:
    """Read the result of a function.

    Raises:
        BadGateway: the load balancer would not accept it.
    """
    if not isinstance(result, dict) or len(json.dumps(result)) > _MOST_BYTES:
        raise BadGateway
    result = cast("dict[str, Any]", result)
    status, body = result.get("statusCode"), result.get("body", "")
    # "You must use multiValueHeaders if you have enabled multi-value headers and headers otherwise".
    given = result.get("multiValueHeaders" if multi_value else "headers") or {}
    if type(status) is not int or not 200 <= status <= 599 or not isinstance(body, str) or not isinstance(given, dict):
        raise BadGateway
    pairs = [(str(name), value) for name, values in given.items() for value in (values if multi_value else [values])]
    if not all(isinstance(value, str) and value.isprintable() for _, value in pairs):
        raise BadGateway
    try:
        content = base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
    except binascii.Error:
        raise BadGateway from None
    return Response(status, [pair for pair in pairs if pair[0].lower() not in _HOP_BY_HOP], content)


@contextmanager
def serving(declaration: Declaration, api: AwsApi, folder: Path, *, sts: str = "") -> Iterator[list[Target]]:
    """Serve the target groups that have a function, until the end of the block.

    Args:
        api: the emulated AWS API, for the functions.
        folder: for their files.
        sts: the URL of the STS that the functions ask. Default: the emulated AWS API.

    Raises:
        SandboxError: AWS would not register a function.
    """
    groups = [
        group
        for group in declaration.all("aws:lb/targetGroup:TargetGroup")
        if group.inputs.get("targetType") == "lambda"
    ]
    with ExitStack() as exits:
        targets = []
        for number, group in enumerate(groups, start=1):
            own = folder / f"function-{number}"
            own.mkdir(parents=True)
            function = exits.enter_context(
                lambda_function.running(declaration, _registered(declaration, group), api, own, sts=sts)
            )
            multi_value = group.inputs.get("lambdaMultiValueHeadersEnabled", False)
            target = Target(group.outputs["arn"], multi_value, function, own / "requests.sock")
            exits.enter_context(serving_in_thread(_server(target)))
            targets.append(target)
        yield targets


def _registered(declaration: Declaration, group: Resource) -> str:
    """The ARN of a target group's function, which the load balancer must be allowed to invoke."""
    arn = group.outputs["arn"]
    attachments = declaration.all("aws:lb/targetGroupAttachment:TargetGroupAttachment")
    functions = [each.inputs["targetId"] for each in attachments if each.inputs["targetGroupArn"] == arn]
    if len(functions) != 1:
        raise SandboxError(f"the target group {group.name} has {len(functions)} functions; it must have one")
    permissions = [each.inputs for each in declaration.all("aws:lambda/permission:Permission")]
    if not any(
        permission["principal"] == "elasticloadbalancing.amazonaws.com"
        and permission["action"] == "lambda:InvokeFunction"
        and permission.get("sourceArn") in (arn, None)
        and functions[0].endswith(permission["function"])
        for permission in permissions
    ):
        raise SandboxError(f"the load balancer may not invoke {functions[0]} for the target group {group.name}")
    return functions[0]


def _server(target: Target) -> UnixStreamServer:
    """Make a server at the target's socket, which only this user can reach."""

    class TargetHandler(Handler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # headers and body at once

        def handle_one_request(self) -> None:
            # Any method: it is the function that decides.
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            answer = self._answer()
            self.send_response_only(answer.status)
            for name, value in [*answer.headers, ("Content-Length", str(len(answer.body)))]:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else answer.body)
            self.wfile.flush()

        def _answer(self) -> Response:
            body = _body(self.headers, self.rfile)
            return Response(413) if body is None else target.answer(self.command, self.path, self.headers, body)

    folder = os.open(target.socket.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        # unix(7): a socket's path has at most 107 characters. By the folder's descriptor, the path is short.
        return _Server(f"/proc/self/fd/{folder}/{target.socket.name}", TargetHandler)
    finally:
        os.close(folder)


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    request_queue_size = 1024  # HAProxy opens a connection per waiting request

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: HAProxy closes its connection when a client goes away before its answer."""


def _body(headers: Message[str, str], stream: BufferedIOBase) -> bytes | None:
    """Read the body of a request, also if it is chunked (RFC 9112, 7.1). HAProxy has checked its form.

    Returns:
        None if it is too large. It is read to its end even so: an unread body would cut off the response.
    """
    body, size = b"", 0
    for part in _parts(headers, stream):
        size += len(part)
        body = body + part if size <= _MOST_BYTES else b""
    return body if size <= _MOST_BYTES else None


def _parts(headers: Message[str, str], stream: BufferedIOBase) -> Iterator[bytes]:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        yield from _read(stream, int(headers.get("content-length", "0")))
        return
    while size := int(stream.readline().partition(b";")[0], 16):
        yield from _read(stream, size)
        stream.readline()
    while stream.readline().strip():
        pass  # trailers


def _read(stream: BufferedIOBase, size: int) -> Iterator[bytes]:
    while size and (part := stream.read(min(size, 1 << 16))):
        yield part
        size -= len(part)


def _is_text(header: str) -> bool:
    content_type = header.partition(";")[0].strip().lower()
    return content_type.startswith("text/") or content_type in _AS_TEXT


def _values(pairs: Sequence[tuple[str, ...]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _named(name: str, values: Mapping[str, list[str]], *, multi_value: bool) -> dict[str, Any]:
    """Name a part of the event. Without multi-value headers, the last value counts."""
    if multi_value:
        return {f"multiValue{name[0].upper()}{name[1:]}": dict(values)}
    return {name: {key: each[-1] for key, each in values.items()}}
