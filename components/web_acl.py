"""The web ACL of the load balancer: limits on the rate and the size of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws

if TYPE_CHECKING:  # to load wafv2 takes 0.7 s, a third of the library's import; a registry without a web ACL does not
    _Part = aws.wafv2.WebAclRuleStatementSizeConstraintStatementFieldToMatchArgsDict
    _Headers = aws.wafv2.WebAclRuleStatementSizeConstraintStatementFieldToMatchHeaderArgsDict

# A cluster whose nodes pull at once needs an allowance for a burst, which a shorter window would not give.
_WINDOW_SECONDS = 300

# The registry logs these parts of a request. The load balancer allows 16 KiB for each, and registry 2 logs `<` as six
# bytes. The longest that clients send, in bytes:
#   host        a DNS name of 253 and a port
#   user-agent  Docker's, with kernel and client versions: about 200
#   path        /v2/, a name of 255 (distribution, "reference"), /manifests/, a digest of 135: 405
#   query       an upload's signed state, 564 for a name of 255, and a digest: 720
_HEADER_BYTES = {"host": 512, "user-agent": 1024, "referer": 1024}
_PATH_BYTES, _QUERY_BYTES = 512, 1024
# AWS WAF sees at most 8 KiB and 200 of the headers ("Oversize web request components in AWS WAF").
_ALL_HEADERS_BYTES = 8192


@dataclass(frozen=True, kw_only=True)
class WebAclArgs:
    """Arguments of `WebAcl`.

    Attributes:
        load_balancer_arn: the ARN of the load balancer that the web ACL protects, internal or not.
        rate_limit: how many requests a client address may send in 5 minutes.
        tags: the tags of the web ACL. Default: none.
    """

    load_balancer_arn: pulumi.Input[str]
    rate_limit: int
    tags: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])


class WebAcl(pulumi.ComponentResource):
    """A web ACL that refuses requests larger than any client's with 403, and too many requests with 429.

    It inspects no body, so it limits no layer. Health checks do not pass through it.

    Creates: aws.wafv2.WebAcl, aws.wafv2.WebAclAssociation.
    """

    def __init__(self, name: str, args: WebAclArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("private-registry:index:WebAcl", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        web_acl = aws.wafv2.WebAcl(
            f"{name}-web-acl",
            scope="REGIONAL",
            default_action={"allow": {}},
            rules=[
                {
                    "name": "size",
                    "priority": 0,
                    "statement": {"or_statement": {"statements": _size_statements()}},
                    "action": {"block": {}},
                    "visibility_config": _visibility(f"{name}-size"),
                },
                {
                    "name": "rate",
                    "priority": 1,
                    "statement": {
                        "rate_based_statement": {
                            "limit": args.rate_limit,
                            "evaluation_window_sec": _WINDOW_SECONDS,
                            "aggregate_key_type": "IP",
                        }
                    },
                    "action": {"block": {"custom_response": {"response_code": 429}}},
                    "visibility_config": _visibility(f"{name}-rate"),
                },
            ],
            visibility_config=_visibility(name),
            tags=args.tags,
            opts=child,
        )
        # AWS needs up to minutes until a new web ACL can be associated. The provider tries again for ten
        # (terraform-provider-aws, wafv2/web_acl_association.go).
        aws.wafv2.WebAclAssociation(
            f"{name}-web-acl", resource_arn=args.load_balancer_arn, web_acl_arn=web_acl.arn, opts=child
        )
        self.register_outputs({})


def _size_statements() -> list[aws.wafv2.WebAclRuleStatementArgsDict]:
    headers = [_longer({"single_header": {"name": header}}, limit) for header, limit in _HEADER_BYTES.items()]
    all_headers: _Headers = {"match_pattern": {"all": {}}, "match_scope": "ALL", "oversize_handling": "MATCH"}
    return [
        *headers,
        _longer({"uri_path": {}}, _PATH_BYTES),
        _longer({"query_string": {}}, _QUERY_BYTES),
        # Matches by the oversize handling, since what AWS WAF sees is never longer.
        _longer({"headers": [all_headers]}, _ALL_HEADERS_BYTES),
    ]


def _longer(part: _Part, limit: int) -> aws.wafv2.WebAclRuleStatementArgsDict:
    return {
        "size_constraint_statement": {
            "comparison_operator": "GT",
            "size": limit,
            "field_to_match": part,
            "text_transformations": [{"priority": 0, "type": "NONE"}],
        }
    }


def _visibility(metric: str) -> aws.wafv2.WebAclVisibilityConfigArgsDict:
    """Count requests in CloudWatch, but keep no samples: they contain the clients' passwords (GetSampledRequests)."""
    return {"metric_name": metric, "cloudwatch_metrics_enabled": True, "sampled_requests_enabled": False}
