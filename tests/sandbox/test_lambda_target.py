"""Listener rules, and a Lambda function behind the load balancer, with the limits of both."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest

from sandbox.ecs import lambda_target
from sandbox.ecs.lambda_target import BadGateway, Target, event, response
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration, Resource
from sandbox.local import Sandbox
from tests.sandbox.https import Answer, ask, connect
from tests.sandbox.replicas import with_load_balancer

_GROUP, _FUNCTION, _BUCKET = (
    "arn:aws:elasticloadbalancing:::targetgroup/f/1",
    "arn:aws:lambda:us-west-2:1:function:f",
    "code",
)
_CONCURRENCY = 2
_CODE = """
import os, time

def handle(event, context):
    path = event["path"].removeprefix("/auth/")
    if path == "raise":
        raise ValueError("not for clients")
    if path == "exit":
        os._exit(1)
    if path.startswith("sleep"):
        time.sleep(float(path.removeprefix("sleep-")))
    if path == "large":
        return {"statusCode": 200, "body": "x" * 1_000_001}
    if path == "malformed":
        return {"statusCode": "200"}
    print("served", path)
    headers = {"X-Path": [path], "X-Method": [event["httpMethod"]]}
    return {"statusCode": 200, "multiValueHeaders": headers, "body": repr(event["body"])[:99]}
"""


@pytest.fixture(scope="module")
def served(dev: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A load balancer with a function at /auth/*, which refuses writes and says what is not found."""
    folder = tmp_path_factory.mktemp("function")
    s3 = dev.stack.aws("s3")
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": dev.stack.region})
    s3.put_object(Bucket=_BUCKET, Key="function.zip", Body=archive(_CODE))
    declaration = with_function(dev.stack.declaration)
    with (
        lambda_target.serving(declaration, dev.stack.api, folder) as functions,
        with_load_balancer(
            dataclasses.replace(dev, functions=functions), dev.containers, folder, declaration=declaration
        ) as balanced,
    ):
        yield balanced


def test_first_matching_rule_decides(served: Sandbox) -> None:
    assert ask(served.balancer, "GET", "/auth/token?service=x").headers["X-Path"] == "token"
    assert ask(served.balancer, "DELETE", "/auth/token").headers["X-Method"] == "DELETE"
    assert ask(served.balancer, "GET", "/v2/").status == 401
    refused = ask(served.balancer, "DELETE", "/v2/a/manifests/b")
    assert (refused.status, refused.headers["Content-Type"], refused.body) == (
        503,
        "application/json",
        b'{"errors":[]}',
    )
    assert ask(served.balancer, "GET", "/tea-pot").status == 418
    assert ask(served.balancer, "GET", "/tea--pot").status != 418


@pytest.mark.parametrize("path", ["/AUTH/token", "/authx", "/v2/../auth/token", "/%61uth/token", "//auth/token"])
def test_look_alike_path_does_not_reach_the_function(served: Sandbox, path: str) -> None:
    assert "X-Path" not in ask(served.balancer, "GET", path).headers


@pytest.mark.parametrize("path", ["raise", "exit", "sleep-9", "large", "malformed"])
def test_failed_function_is_a_bad_gateway(served: Sandbox, path: str) -> None:
    answer = ask(served.balancer, "GET", f"/auth/{path}")
    assert (answer.status, answer.body) == (502, b"")
    assert ask(served.balancer, "GET", "/auth/next").status == 200


def test_concurrency_is_bounded(served: Sandbox) -> None:
    """All answers but those of the reserved concurrency are 502, and other requests are served."""
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(ask, served.balancer, "GET", "/auth/sleep-0.5") for _ in range(5)]
        statuses = sorted(answer.result().status for answer in answers)
    assert statuses == [200] * _CONCURRENCY + [502] * (5 - _CONCURRENCY)
    assert served.functions[0].function.throttled >= 5 - _CONCURRENCY


def test_body_above_a_megabyte_is_refused(served: Sandbox) -> None:
    assert post(served, b"x" * 1_000_000).status == 200
    assert post(served, b"x" * 1_000_001).status == 413
    assert post(served, iter([b"x" * 600_000] * 2)).status == 413


def test_chunked_body_reaches_the_function(served: Sandbox) -> None:
    assert post(served, iter([b"hel", b"lo"])).body == b"'aGVsbG8='"


def test_log_has_what_the_function_prints(served: Sandbox) -> None:
    ask(served.balancer, "GET", "/auth/printed")
    ask(served.balancer, "GET", "/auth/raise")
    log = served.functions[0].function.log.read_text()
    assert "served printed" in log
    assert "ValueError: not for clients" in log


def test_load_balancer_needs_the_permission_to_invoke(dev: Sandbox, tmp_path: Path) -> None:
    declaration = with_function(dev.stack.declaration)
    without = declaration.changed(lambda each: None if each.type == "aws:lambda/permission:Permission" else each)
    with (
        pytest.raises(SandboxError, match="may not invoke"),
        lambda_target.serving(without, dev.stack.api, tmp_path),
    ):
        pass


def test_event_has_the_form_of_the_load_balancer() -> None:
    headers = message(Host="r.example.com", Authorization="Basic eA==", **{"X-Forwarded-For": "6.6.6.6"})
    headers["X-Forwarded-For"] = "10.0.0.9"
    made = event(target(), "GET", "/auth/token?scope=a%3Ab&scope=c&account", headers, b"")
    assert made["path"] == "/auth/token"
    assert made["multiValueQueryStringParameters"] == {"scope": ["a%3Ab", "c"], "account": [""]}
    assert made["multiValueHeaders"]["x-forwarded-for"] == ["6.6.6.6, 10.0.0.9"]
    assert made["multiValueHeaders"]["authorization"] == ["Basic eA=="]
    assert (made["body"], made["isBase64Encoded"]) == ("", False)


@pytest.mark.parametrize(
    ("headers", "body", "encoded"),
    [
        ({"Content-Type": "application/json; charset=utf-8"}, "{}", False),
        ({"Content-Type": "text/plain"}, "{}", False),
        ({"Content-Type": "text/plain", "Content-Encoding": "gzip"}, "e30=", True),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "e30=", True),
        ({}, "e30=", True),
    ],
)
def test_body_is_encoded_by_its_type(headers: Mapping[str, str], body: str, *, encoded: bool) -> None:
    made = event(target(), "POST", "/", message(**headers), b"{}")
    assert (made["body"], made["isBase64Encoded"]) == (body, encoded)


def test_hop_by_hop_headers_of_the_function_are_dropped() -> None:
    result = {"statusCode": 201, "multiValueHeaders": {"Connection": ["close"], "X-A": ["1", "2"]}, "body": "b"}
    assert response(result, multi_value=True) == lambda_target.Response(201, [("X-A", "1"), ("X-A", "2")], b"b")
    assert response({"statusCode": 200, "body": "Yg==", "isBase64Encoded": True}, multi_value=True).body == b"b"


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        {"statusCode": "200"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {}},
        {"statusCode": 200, "body": "%", "isBase64Encoded": True},
        {"statusCode": 200, "multiValueHeaders": {"X": ["a\r\nSet-Cookie: b"]}},
    ],
)
def test_malformed_result_is_refused(result: Any) -> None:
    with pytest.raises(BadGateway):
        response(result, multi_value=True)


def with_function(declaration: Declaration) -> Declaration:
    """Add a function, its target group, and listener rules."""
    listener = declaration.one("aws:lb/listener:Listener").outputs["arn"]

    def rule(priority: int, conditions: list[dict[str, Any]], action: dict[str, Any]) -> Resource:
        return added(
            "aws:lb/listenerRule:ListenerRule",
            {"listenerArn": listener, "priority": priority, "conditions": conditions, "actions": [action]},
        )

    maintenance = {"contentType": "application/json", "messageBody": '{"errors":[]}', "statusCode": "503"}
    not_tea = {"contentType": "text/plain", "statusCode": "418"}
    function = {
        "handler": "folder.module.handle",
        "s3Bucket": _BUCKET,
        "s3Key": "function.zip",
        "timeout": 2,
        "reservedConcurrentExecutions": _CONCURRENCY,
    }
    group = {"targetType": "lambda", "lambdaMultiValueHeadersEnabled": True}
    permission = {
        "principal": "elasticloadbalancing.amazonaws.com",
        "action": "lambda:InvokeFunction",
        "function": "f",
        "sourceArn": _GROUP,
    }
    return dataclasses.replace(
        declaration,
        resources=(
            *declaration.resources,
            # Not in the order of their priorities.
            rule(30, [{"pathPattern": {"values": ["/tea?pot"]}}], {"type": "fixed-response", "fixedResponse": not_tea}),
            rule(
                20,
                [
                    {"pathPattern": {"values": ["/auth/*", "/v2/*"]}},
                    {"httpRequestMethod": {"values": ["PUT", "DELETE"]}},
                ],
                {"type": "fixed-response", "fixedResponse": maintenance},
            ),
            rule(10, [{"pathPattern": {"values": ["/auth/*"]}}], {"type": "forward", "targetGroupArn": _GROUP}),
            added("aws:lambda/function:Function", function, {"arn": _FUNCTION, "name": "f"}),
            added("aws:lb/targetGroup:TargetGroup", group, {"arn": _GROUP}),
            added(
                "aws:lb/targetGroupAttachment:TargetGroupAttachment", {"targetGroupArn": _GROUP, "targetId": _FUNCTION}
            ),
            added("aws:lambda/permission:Permission", permission),
        ),
    )


def added(type_: str, inputs: dict[str, Any], outputs: Mapping[str, Any] | None = None) -> Resource:
    return Resource(f"urn:{type_}:{json.dumps(inputs)}", type_, "test", "", inputs, outputs or {})


def archive(code: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr("folder/module.py", code)
    return content.getvalue()


def post(served: Sandbox, body: bytes | Iterator[bytes]) -> Answer:
    connection = connect(served.balancer)
    try:
        connection.request("POST", "/auth/post", body)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def target() -> Target:
    function: Any = None  # it is not invoked
    return Target(_GROUP, multi_value=True, function=function, socket=Path())


def message(**headers: str) -> HTTPMessage:
    made = HTTPMessage()
    for name, value in headers.items():
        made[name] = value
    return made
