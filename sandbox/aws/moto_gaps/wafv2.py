"""Gaps of moto's AWS WAF: the age of a web ACL, and that a resource has only one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from moto.wafv2.models import WAFV2Backend

from sandbox.aws.patching import around


@around(WAFV2Backend, "create_web_acl")
def _record_the_time(create: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Record when a web ACL was created, for `sandbox.aws.refusals.wafv2`."""
    web_acl = create(*args, **kwargs)
    web_acl.created_at = time.monotonic()
    return web_acl


@around(WAFV2Backend, "associate_web_acl")
def _replace_the_association(associate: Callable[..., None], backend: Any, web_acl_arn: str, resource_arn: str) -> None:
    """A resource has one web ACL: another one takes its place. moto keeps both.

    Source: AWS WAF Developer Guide, "Associating or disassociating a web ACL with an AWS resource".
    """
    associate(backend, web_acl_arn, resource_arn)
    for arn, web_acl in backend.wacls.items():
        if arn != web_acl_arn and resource_arn in web_acl.associated_resources:
            web_acl.associated_resources.remove(resource_arn)
