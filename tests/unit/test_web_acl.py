"""The web ACL: its rules, and that they refuse no client's request."""

import base64
import json
from typing import Any

import pytest

from components import PrivateRegistry, PrivateRegistryArgs
from components.web_acl import WebAcl, WebAclArgs
from sandbox.evaluation.declared import Declaration
from tests.unit.helpers import Declare

WEB_ACL, ASSOCIATION = "aws:wafv2/webAcl:WebAcl", "aws:wafv2/webAclAssociation:WebAclAssociation"
# The longest name of a repository ("reference" in distribution), and the digest of the longest algorithm of the OCI.
NAME, DIGEST = "a" * 255, f"sha512:{'0' * 128}"
DOCKER = (
    "docker/29.0.1 go/go1.25.4 git-commit/198b5e3ed55f40cd9e3ae2f2ae2cdb8ea7d7ea2c kernel/6.12.57-amd64-generic-hwe"
    r" os/linux arch/amd64 containerd-client/2.2.0+unknown storage-driver/overlayfs UpstreamClient(Docker-Client/29.0.1"
    r" \(linux\))"
)


@pytest.fixture(scope="module")
def declared(declare: Declare) -> Declaration:
    args = WebAclArgs(load_balancer_arn="arn:balancer", rate_limit=500, tags={"team": "platform"})
    return declare(lambda: WebAcl("net", args))


def rules(declared: Declaration) -> dict[str, Any]:
    """The rules by name."""
    return {rule["name"]: rule for rule in declared.one(WEB_ACL).inputs["rules"]}


def limits(declared: Declaration) -> dict[str, int]:
    """The sizes above which a request is refused, in bytes, by part of the request."""
    statements = rules(declared)["size"]["statement"]["orStatement"]["statements"]
    constraints = [statement["sizeConstraintStatement"] for statement in statements]
    assert {constraint["comparisonOperator"] for constraint in constraints} == {"GT"}
    found = {}
    for constraint in constraints:
        ((kind, value),) = constraint["fieldToMatch"].items()
        found[value["name"] if kind == "singleHeader" else kind] = constraint["size"]
    return found


def test_web_acl_protects_the_load_balancer(declared: Declaration) -> None:
    web_acl, association = declared.one(WEB_ACL), declared.one(ASSOCIATION).inputs
    assert web_acl.inputs["scope"] == "REGIONAL"
    assert web_acl.inputs["defaultAction"] == {"allow": {}}
    assert web_acl.inputs["tags"] == {"team": "platform"}
    assert association == {"resourceArn": "arn:balancer", "webAclArn": web_acl.outputs["arn"]}


def test_too_many_requests_of_an_address_are_refused_with_429(declared: Declaration) -> None:
    rule = rules(declared)["rate"]
    expected = {"limit": 500, "evaluationWindowSec": 300, "aggregateKeyType": "IP"}
    assert rule["statement"] == {"rateBasedStatement": expected}
    assert rule["action"] == {"block": {"customResponse": {"responseCode": 429}}}


@pytest.mark.parametrize(
    ("part", "longest"),
    [
        ("host", f"{'a' * 253}:65535"),
        ("user-agent", DOCKER),
        ("uriPath", f"/v2/{NAME}/manifests/{DIGEST}"),
        ("queryString", f"digest={DIGEST}&_state="),
        ("queryString", f"from={NAME.replace('a', '%2F')[:600]}&mount={DIGEST}"),
    ],
    ids=["host", "user agent", "manifest", "end of an upload", "mounted layer"],
)
def test_longest_request_of_a_client_passes(declared: Declaration, part: str, longest: str) -> None:
    # The registry signs the state of an upload with 32 bytes (distribution, registry/handlers/hmac.go).
    started = {"Name": NAME, "UUID": "0" * 36, "Offset": 10**12, "StartedAt": "2026-01-31T12:00:00.123456789Z"}
    state = base64.urlsafe_b64encode(bytes(32) + json.dumps(started).encode()).decode()
    longest = f"{longest}{state}" if longest.endswith("_state=") else longest
    assert len(longest) * 1.2 <= limits(declared)[part]


def test_oversize_headers_are_refused(declared: Declaration) -> None:
    """AWS WAF does not see more than 8 KiB of the headers, so only the oversize handling can match."""
    statements = rules(declared)["size"]["statement"]["orStatement"]["statements"]
    (headers,) = [
        found
        for statement in statements
        for found in statement["sizeConstraintStatement"]["fieldToMatch"].get("headers", [])
    ]
    assert headers == {"matchPattern": {"all": {}}, "matchScope": "ALL", "oversizeHandling": "MATCH"}
    assert rules(declared)["size"]["action"] == {"block": {}}


def test_no_rule_inspects_a_body(declared: Declaration) -> None:
    """A layer has gigabytes."""
    assert "body" not in json.dumps(declared.one(WEB_ACL).inputs).lower()


def test_no_request_is_sampled(declared: Declaration) -> None:
    """A sample would contain the header with the user's password."""
    visibility = [each["visibilityConfig"] for each in (declared.one(WEB_ACL).inputs, *rules(declared).values())]
    assert len(visibility) == 3
    assert not any(each["sampledRequestsEnabled"] for each in visibility)


@pytest.mark.parametrize("internal", [False, True])
def test_registry_has_a_web_acl_only_with_a_rate_limit(declare: Declare, internal: bool) -> None:
    args = {limit: PrivateRegistryArgs(rate_limit=limit, internal=internal) for limit in (0, 10_000)}
    without, limited = (declare(lambda limit=limit: PrivateRegistry("images", args[limit])) for limit in args)
    assert without.all(WEB_ACL) == without.all(ASSOCIATION) == []
    balancer = limited.one("aws:lb/loadBalancer:LoadBalancer")
    assert limited.one(ASSOCIATION).inputs["resourceArn"] == balancer.outputs["arn"]
