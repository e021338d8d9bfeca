"""Calls that AWS WAF refuses."""

from __future__ import annotations

import time
from typing import Any

from moto.elbv2.models import elbv2_backends
from moto.wafv2.models import WAFV2Backend

from sandbox.aws.patching import refuses

# In AWS it takes seconds to minutes.
_PROPAGATION_SECONDS = 1


@refuses(WAFV2Backend, "associate_web_acl", "WAFUnavailableEntityException")
def _new_web_acl(backend: Any, web_acl_arn: str) -> str | None:
    """Sources: WAFV2 API Reference, "AssociateWebACL"; terraform-provider-aws#17527."""
    web_acl = backend.wacls.get(web_acl_arn)
    if web_acl and time.monotonic() - web_acl.created_at < _PROPAGATION_SECONDS:
        return "AWS WAF could not retrieve the resource that you requested. Retry your request."
    return None


@refuses(WAFV2Backend, "associate_web_acl", "WAFNonexistentItemException")
def _missing_load_balancer(backend: Any, resource_arn: str) -> str | None:
    """Source: aws-load-balancer-controller#2022."""
    load_balancers = elbv2_backends[backend.account_id][backend.region_name].load_balancers
    if ":loadbalancer/" in resource_arn and resource_arn not in load_balancers:
        return "AWS WAF could not perform the operation because your resource does not exist."
    return None


@refuses(WAFV2Backend, "delete_web_acl", "WAFAssociatedItemException")
def _associated_web_acl(backend: Any, _id: str) -> str | None:
    """Sources: WAFV2 API Reference, "DeleteWebACL"; terraform-provider-aws#46839."""
    if any(web_acl.associated_resources for web_acl in backend.wacls.values() if web_acl.id == _id):
        return "AWS WAF could not perform the operation because your resource is associated with another resource."
    return None
