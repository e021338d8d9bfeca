"""The web ACL: HAProxy's rules with the limits that the declared rules have.

AWS WAF counts requests with a delay that is usually below 30 s ("Rate-based rule caveats in AWS WAF"); HAProxy counts
at once. HAProxy's own limit of 101 headers takes the place of AWS WAF's 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.errors import SandboxError
from sandbox.evaluation.declared import Declaration

_BODY_BYTES = 8192  # what AWS WAF inspects ("Oversize web request components in AWS WAF")
_MOST_ADDRESSES = 100_000


def rules(declaration: Declaration, *, idle_seconds: int) -> list[str]:
    """Return lines for HAProxy's frontend; none if no web ACL is associated with the load balancer.

    Raises:
        SandboxError: HAProxy has nothing like a declared rule.
    """
    balancer = declaration.one("aws:lb/loadBalancer:LoadBalancer").outputs["arn"]
    associations = declaration.all("aws:wafv2/webAclAssociation:WebAclAssociation")
    arns = [each.inputs["webAclArn"] for each in associations if each.inputs["resourceArn"] == balancer]
    found = [each.inputs for each in declaration.all("aws:wafv2/webAcl:WebAcl") if each.outputs["arn"] in arns]
    declared = [rule for web_acl in found for rule in sorted(web_acl["rules"], key=lambda rule: rule["priority"])]
    lines = [line for rule in declared for line in _lines(rule)]
    # AWS WAF needs the beginning of the body before the load balancer forwards a request ("Access logs for your
    # Application Load Balancer", request_processing_time).
    wait = f"http-request wait-for-body time {idle_seconds}s at-least {_BODY_BYTES}"
    return [*lines, wait] if lines else []


def _lines(rule: Mapping[str, Any]) -> list[str]:
    match rule["statement"]:
        case {"orStatement": {"statements": statements}}:
            return [f"{_deny(rule)} if {{ {_longer(statement)} }}" for statement in statements]
        case {"rateBasedStatement": {"aggregateKeyType": "IP", "limit": limit, "evaluationWindowSec": window}}:
            return [
                f"stick-table type ip size {_MOST_ADDRESSES} expire {window}s store http_req_rate({window}s)",
                "http-request track-sc0 src",
                f"{_deny(rule)} if {{ sc_http_req_rate(0) gt {limit} }}",
            ]
        case statement:
            raise SandboxError(f"the web ACL's rule {rule['name']} has {', '.join(statement)}, which is not supported")


def _deny(rule: Mapping[str, Any]) -> str:
    status = rule["action"]["block"].get("customResponse", {}).get("responseCode", 403)
    return f"http-request deny deny_status {status}"


def _longer(statement: Mapping[str, Any]) -> str:
    match statement.get("sizeConstraintStatement"):
        case {"comparisonOperator": "GT", "size": size, "fieldToMatch": part}:
            return f"{_part(part)},length gt {size}"
        case _:
            raise SandboxError(f"a statement of the web ACL has {', '.join(statement)}, which is not supported")


def _part(part: Mapping[str, Any]) -> str:
    match part:
        case {"singleHeader": {"name": name}}:
            return f"req.fhdr({name})"
        case {"uriPath": _}:
            return "path"
        case {"queryString": _}:
            return "query"
        case {"headers": [{"matchScope": "ALL", "oversizeHandling": "MATCH"}]}:
            return "req.hdrs"
        case _:
            raise SandboxError(f"the web ACL inspects {', '.join(part)}, which is not supported")
