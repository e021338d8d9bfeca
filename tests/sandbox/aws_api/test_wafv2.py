"""AWS WAF in the emulated AWS API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.machine.processes import wait_until
from tests.sandbox.aws_api.networks import create_load_balancer, subnet_ids

_VISIBILITY = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "registry"}
_NAMES = {"Name": "registry", "Scope": "REGIONAL"}


def create_web_acl(wafv2: Any, name: str = "registry") -> dict[str, Any]:
    """Create a web ACL without rules, and return its summary."""
    options = {"Name": name, "DefaultAction": {"Allow": {}}, "VisibilityConfig": _VISIBILITY}
    return wafv2.create_web_acl(**{**_NAMES, **options})["Summary"]


def associate(wafv2: Any, web_acl: dict[str, Any], resource: str) -> None:
    """Associate a web ACL, as soon as it can be."""

    def associated() -> bool:
        try:
            wafv2.associate_web_acl(WebACLArn=web_acl["ARN"], ResourceArn=resource)
        except wafv2.exceptions.WAFUnavailableEntityException:
            return False
        return True

    wait_until(associated, "the web ACL", seconds=10)


@pytest.fixture
def balancer(aws: Callable[[str], Any]) -> str:
    return create_load_balancer(aws("elbv2"), subnet_ids(aws("ec2")))


def test_new_web_acl_cannot_be_associated_at_once(aws: Callable[[str], Any], balancer: str) -> None:
    wafv2 = aws("wafv2")
    web_acl = create_web_acl(wafv2)
    with pytest.raises(ClientError, match="WAFUnavailableEntityException"):
        wafv2.associate_web_acl(WebACLArn=web_acl["ARN"], ResourceArn=balancer)
    associate(wafv2, web_acl, balancer)


def test_missing_load_balancer_cannot_be_protected(aws: Callable[[str], Any], balancer: str) -> None:
    with pytest.raises(ClientError, match="WAFNonexistentItemException"):
        associate(aws("wafv2"), create_web_acl(aws("wafv2")), f"{balancer}0")


def test_associated_web_acl_is_not_deleted(aws: Callable[[str], Any], balancer: str) -> None:
    wafv2 = aws("wafv2")
    web_acl = create_web_acl(wafv2)
    associate(wafv2, web_acl, balancer)
    delete = {**_NAMES, "Id": web_acl["Id"], "LockToken": web_acl["LockToken"]}
    with pytest.raises(ClientError, match="WAFAssociatedItemException"):
        wafv2.delete_web_acl(**delete)
    wafv2.disassociate_web_acl(ResourceArn=balancer)
    wafv2.delete_web_acl(**delete)


def test_resource_has_one_web_acl(aws: Callable[[str], Any], balancer: str) -> None:
    wafv2 = aws("wafv2")
    first, second = (create_web_acl(wafv2, name) for name in ("first", "second"))
    associate(wafv2, first, balancer)
    associate(wafv2, second, balancer)
    assert wafv2.get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]["ARN"] == second["ARN"]
    wafv2.delete_web_acl(Name="first", Scope="REGIONAL", Id=first["Id"], LockToken=first["LockToken"])
