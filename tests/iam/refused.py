"""Requests that must be refused. Most are needed ones with one thing changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from sandbox.evaluation.aws_provider import ACCOUNT
from tests.iam.needed import (
    assumed_by_ecs,
    assumed_roles,
    complete_launch,
    flow_log_requests,
    load_balancer_log_requests,
    needed,
    public_download_requests,
    server_access_log_requests,
)
from tests.iam.policies import OTHER_ACCOUNT, Request
from tests.iam.stack import Stack

# Endpoints for the ECS agent's channels take no policy (awsdocs/amazon-ecs-developer-guide#55).
_ENDPOINTS_WITHOUT_POLICY = {"ecs-agent", "ecs-telemetry"}
# The part of an ARN that tells one registry's resources from another's.
_NAME = re.compile(
    r"(?<=:s3:::)[^/]+|(?<=:cluster/).+|(?<=:container-instance/)[^/]+|(?<=:log-group:)[^:]+|(?<=:parameter/).+"
    r"|(?<=:repository/).+"
)


def other_resources(stack: Stack) -> list[Request]:
    """A role does what it may, but to resources of another registry, region, account or partition."""
    return [
        replace(request, resource=resource)
        for request in needed(stack)
        if request.principal in stack.roles.values() and request.resource != "*"
        for resource in _others(request.resource)
    ]


def _others(arn: str) -> Iterator[str]:
    _, partition, service, region, account, name = arn.split(":", 5)
    yield f"arn:{'aws-cn' if partition == 'aws' else 'aws'}:{service}:{region}:{account}:{name}"
    if region:
        yield f"arn:{partition}:{service}:eu-west-3:{account}:{name}"
    if account:
        yield f"arn:{partition}:{service}:{region}:{OTHER_ACCOUNT}:{name}"
    if _NAME.search(arn):
        yield _NAME.sub(lambda found: f"{found[0]}-2", arn)


def other_groups(stack: Stack) -> list[Request]:
    """The launch hook of an Auto Scaling Group with other tags, or none, is completed."""
    others = {key: f"{value}-2" for key, value in stack.auto_scaling_group_tags.items()}
    return [complete_launch(stack, others), complete_launch(stack, {})]


def other_roles(stack: Stack) -> list[Request]:
    """A role does what only another role needs."""
    by_role = {
        role: {(each.action, each.resource): each for each in needed(stack) if each.principal == role}
        for role in stack.roles.values()
    }
    return [
        replace(request, principal=role)
        for role, own in by_role.items()
        for other in by_role.values()
        for need, request in other.items()
        if need not in own
    ]


def other_principals(stack: Stack) -> list[Request]:
    """Another account's administrator, another service or the public uses the buckets, or delivers the logs."""
    uses = [
        Request(principal=None, action=action, resource=resource)
        for bucket in _buckets(stack)
        for action, resource in (
            ("s3:ListBucket", bucket),
            ("s3:GetObject", f"{bucket}/x"),
            ("s3:PutObject", f"{bucket}/x"),
        )
    ]
    deliveries = [request for requests in _deliveries(stack, ACCOUNT) for request in requests]
    return [
        replace(request, principal=principal)
        for request in [*uses, *deliveries]
        for principal in (None, stack.admin(OTHER_ACCOUNT), "cloudtrail.amazonaws.com")
    ]


def without_tls(stack: Stack) -> list[Request]:
    """Anything is done in the stack's buckets, even by its owner, without TLS."""
    by_owner = [
        Request(principal=stack.admin(ACCOUNT), action=action, resource=resource)
        for bucket in _buckets(stack)
        for action, resource in (("s3:PutBucketPolicy", bucket), ("s3:GetObject", f"{bucket}/x"))
    ]
    allowed = [request for request in needed(stack) if request.resource.partition("/")[0] in _buckets(stack)]
    return [replace(request, tls=False) for request in [*allowed, *by_owner]]


def other_deliveries(stack: Stack) -> list[Request]:
    """A delivery service reads or deletes, or writes for another account, to another folder or with another ACL."""
    own = _deliveries(stack, ACCOUNT)
    writes = [[request for request in requests if request.action == "s3:PutObject"] for requests in own]
    of_other_accounts = [request for requests in _deliveries(stack, OTHER_ACCOUNT) for request in requests]
    in_other_folders = [
        replace(request, resource=other.resource)
        for requests in writes
        for request in requests
        for others in writes
        for other in others
        if others is not requests
    ]
    not_writes = [
        replace(request, action=action, context={})
        for requests in writes
        for request in requests
        for action in ("s3:GetObject", "s3:DeleteObject")
    ]
    _, server_access, flow = own
    other_sources = [
        *(other for request in server_access for other in _other_values(request, "aws:SourceAccount")),
        *(other for request in flow for key in request.context for other in _other_values(request, key)),
    ]
    return [*of_other_accounts, *in_other_folders, *not_writes, *other_sources]


def other_assumed_roles(stack: Stack) -> list[Request]:
    """Anybody else assumes a role: another service, an administrator, or ECS for another account."""
    services = {request.principal for request in assumed_roles(stack)}
    principals = [*services, "lambda.amazonaws.com", stack.admin(ACCOUNT), stack.admin(OTHER_ACCOUNT), None]
    by_others = [
        replace(request, principal=principal)
        for request in assumed_roles(stack)
        for principal in principals
        if principal != request.principal
    ]
    for_others = [
        other
        for role in ("execution", "task")
        for key in ("aws:SourceAccount", "aws:SourceArn")
        for other in _other_values(assumed_by_ecs(stack, role), key)
    ]
    return [*by_others, *for_others]


def through_endpoints(stack: Stack) -> list[Request]:
    """Another principal uses an isolated network's VPC endpoints, or the registry's roles reach other buckets by them.

    Everything but the endpoints' policies allows it.
    """
    inside = [request for request in needed(stack) if request.endpoint in stack.endpoints - _ENDPOINTS_WITHOUT_POLICY]
    by_others = [
        replace(request, principal=principal)
        for request in inside
        if request.principal in stack.roles.values()
        for principal in (stack.admin(ACCOUNT), stack.admin(OTHER_ACCOUNT))
    ]
    to_others = [
        replace(request, resource=resource, any_identity=request.principal is not None)
        for request in inside
        if request.endpoint == "s3"
        for resource in _others(request.resource)
    ]
    uploads = [replace(request, action="s3:PutObject") for request in public_download_requests(stack)]
    return [*by_others, *to_others, *uploads]


REFUSED: Mapping[str, Callable[[Stack], list[Request]]] = {
    "other resources": other_resources,
    "other groups": other_groups,
    "other roles": other_roles,
    "other principals": other_principals,
    "without TLS": without_tls,
    "other deliveries": other_deliveries,
    "other assumed roles": other_assumed_roles,
}


def _buckets(stack: Stack) -> list[str]:
    return [stack.images, stack.bootstrap, stack.logs]


def _deliveries(stack: Stack, account: str) -> list[list[Request]]:
    """An account's logs, by service."""
    services = (load_balancer_log_requests, server_access_log_requests, flow_log_requests)
    return [requests(stack, account) for requests in services]


def _other_values(request: Request, key: str) -> list[Request]:
    """The request with another account or ACL in a condition key, and without the key."""
    value = request.context[key]
    other = value.replace(ACCOUNT, OTHER_ACCOUNT) if ACCOUNT in value else "public-read"
    without = {name: each for name, each in request.context.items() if name != key}
    return [replace(request, context={**request.context, key: other}), replace(request, context=without)]
