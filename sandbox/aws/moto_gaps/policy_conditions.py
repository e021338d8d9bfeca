"""Gaps of moto's bucket policies: the conditions of statements, and the permission that HeadObject needs.

moto evaluates few conditions, and takes a denial whose condition is not met for a denial.
"""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from flask import Request, request
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.models import FakeBucket

from sandbox.aws.patching import around


@around(IAMPolicyStatement, "is_action_permitted")
def _apply_if_conditions_are_met(
    is_permitted: Callable[..., Any], statement: Any, *args: Any, **kwargs: Any
) -> PermissionResult:
    """A statement applies only to requests that meet all its conditions.

    Source: IAM User Guide, "IAM JSON policy elements: Condition".
    """
    unconditional = dict(statement._statement)
    conditions = unconditional.pop("Condition", {})
    if not are_met(conditions, _context(request)):
        return PermissionResult.NEUTRAL
    return is_permitted(IAMPolicyStatement(unconditional), *args, **kwargs)


@around(FakeBucket, "get_permission")
def _head_object_is_get_object(get_permission: Callable[..., Any], bucket: Any, action: str, resource: str) -> Any:
    """Source: S3 User Guide, "Required permissions for Amazon S3 API operations", HeadObject."""
    return get_permission(bucket, "s3:GetObject" if action == "s3:HeadObject" else action, resource)


def are_met(conditions: Mapping[str, Mapping[str, str | list[str]]], context: Mapping[str, str]) -> bool:
    """Whether a request meets all conditions of a statement.

    Sources: IAM User Guide, "IAM JSON policy elements: Condition operators" (an absent key meets only negated operators
    and Null) and "Conditions with multiple context keys or values" (one of several values is enough).

    Args:
        conditions: values by operator and key.
        context: the request's condition keys.

    Raises:
        KeyError: an operator is not emulated.
    """
    return all(
        _OPERATORS[operator](context.get(key), [values] if isinstance(values, str) else values)
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _is_one_of(matches: Callable[[str, str], bool]) -> Callable[[str | None, list[str]], bool]:
    return lambda actual, values: actual is not None and any(matches(actual, value) for value in values)


def _in_range(address: str, cidr: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)


_OPERATORS: Mapping[str, Callable[[str | None, list[str]], bool]] = {
    "ArnEquals": _is_one_of(fnmatch.fnmatchcase),
    "ArnLike": _is_one_of(fnmatch.fnmatchcase),
    "Bool": _is_one_of(str.__eq__),
    "NotIpAddress": lambda actual, values: not _is_one_of(_in_range)(actual, values),
    "Null": lambda actual, values: str(actual is None).lower() in values,
    "NumericGreaterThan": _is_one_of(lambda actual, value: int(actual) > int(value)),
    "StringEquals": _is_one_of(str.__eq__),
}


def _context(sent: Request) -> dict[str, str]:
    """The condition keys of a request. Every request counts as sent over TLS, and from outside a VPC.

    Sources: IAM User Guide, "AWS global condition context keys"; Amazon S3 API Reference, "Amazon S3 Signature Version
    4 Authentication Specific Policy Keys".
    """
    context = {"aws:SecureTransport": "true", "aws:SourceIp": sent.remote_addr or ""}
    if signed_at := sent.args.get("X-Amz-Date"):
        age = datetime.now(timezone.utc) - datetime.strptime(signed_at, "%Y%m%dT%H%M%S%z")
        return {
            **context,
            "s3:authType": "REST-QUERY-STRING",
            "s3:signatureAge": str(int(age.total_seconds() * 1000)),
        }
    return {**context, "s3:authType": "REST-HEADER"}
