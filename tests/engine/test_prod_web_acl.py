"""The prod stack's web ACL as the AWS API describes it."""

from __future__ import annotations

from tests.engine.commands import run
from tests.engine.queries import load_balancer
from tests.engine.stacks import DeployedStack


def test_load_balancer_has_the_declared_web_acl(prod: DeployedStack) -> None:
    balancer = load_balancer(prod.aws)["LoadBalancerArn"]
    web_acl = prod.aws("wafv2").get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]
    size, rate = sorted(web_acl["Rules"], key=lambda rule: rule["Priority"])
    parts = [item["SizeConstraintStatement"]["FieldToMatch"] for item in size["Statement"]["OrStatement"]["Statements"]]
    assert web_acl["ARN"] == prod.declaration.one("aws:wafv2/webAcl:WebAcl").outputs["arn"]
    assert rate["Statement"]["RateBasedStatement"]["Limit"] == 10_000
    assert rate["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}
    assert {"SingleHeader": {"Name": "user-agent"}} in parts
    assert [part["Headers"]["OversizeHandling"] for part in parts if "Headers" in part] == ["MATCH"]


def test_second_preview_has_no_changes(prod: DeployedStack) -> None:
    """AWS WAF returns rules in another form than the program declares them in."""
    assert run(prod.stack.preview).changes == {}


def test_refresh_finds_no_drift(prod: DeployedStack) -> None:
    assert run(prod.stack.refresh).changes == {}
