"""Listener rules: HAProxy's choice of a backend for each request, and a refusal that comes and goes while it runs.

Sources: Elastic Load Balancing User Guide for Application Load Balancers, "Condition types for listener rules" and
"Action types for listener rules". The first rule by priority that matches decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.ecs.haproxy_api import HaproxyApi
from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration, Resource

MAP = "listener-rules.map"
"""The file of the map with the answer of a refusal, empty at first, in HAProxy's working directory."""

_WRITES = {"DELETE", "PATCH", "POST", "PUT"}
_ANSWER = f"str(writes),map({MAP})"


@dataclass(frozen=True)
class ListenerRules:
    """HAProxy's lines for the rules of a listener.

    Attributes:
        choices: the lines of the frontend, by priority. The first is for a refusal.
        backends: one for each fixed response.
    """

    choices: list[str]
    backends: list[str]


def of(declaration: Declaration, backends: Mapping[str, str]) -> ListenerRules:
    """Return the rules of the listener.

    Args:
        backends: the name of the backend of each target group, by the group's ARN.

    Raises:
        SandboxError: HAProxy has nothing like a declared condition or action.
    """
    listener = declaration.one("aws:lb/listener:Listener").outputs["arn"]
    declared = [
        rule for rule in declaration.all("aws:lb/listenerRule:ListenerRule") if rule.inputs["listenerArn"] == listener
    ]
    rules = ListenerRules([_refusal()], [])
    for rule in sorted(declared, key=lambda each: each.inputs["priority"]):
        conditions = " ".join(_condition(rule, each) for each in rule.inputs["conditions"])
        match rule.inputs["actions"]:
            case [{"type": "forward", "targetGroupArn": arn}]:
                backend = backends[arn]
            case [{"type": "fixed-response", "fixedResponse": response}]:
                backend = f"rule-{rule.inputs['priority']}"
                rules.backends.append(_fixed_response(backend, response))
            case actions:
                raise SandboxError(f"the rule {rule.name} has the actions {actions}, which are not supported")
        rules.choices.append(f"use_backend {backend} if {conditions}")
    return rules


def _refusal() -> str:
    condition = f"{{ method {' '.join(sorted(_WRITES))} }} {{ path_beg /v2/ }} {{ {_ANSWER} -m found }}"
    return f'http-request return status 405 content-type application/json lf-string "%[{_ANSWER}]" if {condition}'


def apply(api: HaproxyApi, rules: Sequence[Mapping[str, Any]]) -> None:
    """Make HAProxy answer as rules say that were created later: at most one, a refusal of writes, before all others.

    Args:
        rules: the rules of the listener that are not declared, as Elastic Load Balancing describes them.

    Raises:
        SandboxError: HAProxy has nothing like a rule.
    """
    answers = [_answer(rule) for rule in rules if not rule["IsDefault"]]
    api.do(f"clear map {MAP}")
    for answer in answers:
        api.do(f"add map {MAP} <<\nwrites {answer}\n")


def _answer(rule: Mapping[str, Any]) -> str:
    match rule:
        case {
            "Conditions": [
                {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": methods}},
                {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/v2/*"]}},
            ],
            "Actions": [
                {
                    "Type": "fixed-response",
                    "FixedResponseConfig": {
                        "StatusCode": "405",
                        "ContentType": "application/json",
                        "MessageBody": answer,
                    },
                }
            ],
        } if set(methods) == _WRITES:
            return answer
        case _:
            raise SandboxError(f"the listener rule {rule['RuleArn']} is not supported")


def _condition(rule: Resource, condition: Mapping[str, Any]) -> str:
    """Write one condition, which any of its values meets. HAProxy combines several with "and"."""
    match {name: value for name, value in condition.items() if value}:
        case {"pathPattern": {"values": patterns}, **others} if not others:
            # "?" is exactly one character and "*" any number of them. The case counts, and the query does not.
            return f"{{ path -m reg {_either(map(_expression, patterns))} }}"
        case {"httpRequestMethod": {"values": methods}, **others} if not others:
            return f"{{ method -m str {' '.join(methods)} }}"
        case _:
            raise SandboxError(f"the rule {rule.name} has the condition {condition}, which is not supported")


def _expression(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)


def _either(expressions: Iterable[str]) -> str:
    return _quoted(f"^({'|'.join(expressions)})$")


def _fixed_response(name: str, response: Mapping[str, Any]) -> str:
    content_type, body = response["contentType"], response.get("messageBody")
    content = f" content-type {_quoted(content_type)} string {_quoted(body)}" if body else ""
    return f"backend {name}\n    http-request return status {response['statusCode']}{content}\n"


def _quoted(text: str) -> str:
    """Quote a word of HAProxy's configuration, so that no character is special ("Configuration Manual", 2.2)."""
    if "'" in text or "\n" in text:
        raise SandboxError(f"a listener rule has a quote or a line break, which are not supported: {text}")
    return f"'{text}'"
