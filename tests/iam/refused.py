"""The requests that the policies must refuse. Most are requests in needed.py with one property changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from components.pure.policies import DECLARED_RULE_TAG
from sandbox.evaluation.aws_provider import ACCOUNT
from tests.iam.needed import (
    assumed_by_ecs,
    assumed_by_scheduler,
    assumed_by_step_functions,
    assumed_roles,
    client_sources,
    collection_requests,
    complete_launch,
    flow_log_requests,
    load_balancer_log_requests,
    needed_requests,
    presigned_reads,
    public_download_requests,
    retention_changes,
    schedule_requests,
    server_access_log_requests,
    signature,
)
from tests.iam.policies import OTHER_ACCOUNT, Request
from tests.iam.stack import Stack

# The endpoints of the ECS agent's channels do not support policies (awsdocs/amazon-ecs-developer-guide#55).
_ENDPOINTS_WITHOUT_POLICY = {"ecs-agent", "ecs-telemetry"}
# It has the cluster as a condition only (awsdocs/amazon-ecs-developer-guide#211).
_LISTS_A_CLUSTER = "ecs:ListTasks"
# The part of an ARN that differs between two registries.
_NAME = re.compile(
    r"(?<=:s3:::)[^/]+|(?<=:cluster/).+|(?<=:container-instance/)[^/]+|(?<=:log-group:)[^:]+|(?<=:parameter/).+"
    r"|(?<=:repository/).+|(?<=:function:).+"
)


def other_resources(stack: Stack) -> list[Request]:
    """A role uses a resource of another registry, Region, account or partition."""
    return [
        replace(request, resource=resource)
        for request in needed_requests(stack)
        if request.principal in stack.roles.values() and request.resource != "*"
        if request.action != _LISTS_A_CLUSTER and not _looks_everywhere(stack, request)
        for resource in _other_arns(request.resource)
    ]


def _other_arns(arn: str) -> Iterator[str]:
    _, partition, service, region, account, name = arn.split(":", 5)
    yield f"arn:{'aws-cn' if partition == 'aws' else 'aws'}:{service}:{region}:{account}:{name}"
    if region:
        yield f"arn:{partition}:{service}:eu-west-3:{account}:{name}"
    if account:
        yield f"arn:{partition}:{service}:{region}:{OTHER_ACCOUNT}:{name}"
    if _NAME.search(arn):
        yield _NAME.sub(lambda found: f"{found[0]}-2", arn)


def other_groups(stack: Stack) -> list[Request]:
    """An instance completes the launch hook of an Auto Scaling Group with other tags, or without tags.

    The schedule starts an instance refresh of another group.
    """
    others = {key: f"{value}-2" for key, value in stack.auto_scaling_group_tags.items()}
    refreshes = [replace(request, resource=f"{request.resource}-2") for request in schedule_requests(stack)]
    return [complete_launch(stack, others), complete_launch(stack, {}), *refreshes]


def other_collections(stack: Stack) -> list[Request]:
    """A garbage collection uses another cluster, passes a role to another service, or deletes a declared rule."""
    others = {"ecs:cluster": f"{stack.cluster}-2", "iam:PassedToService": "ec2.amazonaws.com"}
    declared = {f"aws:ResourceTag/{DECLARED_RULE_TAG}": "true"}
    return [
        replace(request, context={key: others[key] for key in request.context} or declared)
        for request in collection_requests(stack)
        if request.context or request.action == "elasticloadbalancing:DeleteRule"
    ]


def _looks_everywhere(stack: Stack, request: Request) -> bool:
    """Whether it is the retention function that looks for images in use: in all clusters of the account and Regions."""
    return request.principal == stack.roles.get("retention") and request.action.startswith("ecs:")


def other_roles(stack: Stack) -> list[Request]:
    """A role sends a request that only another role needs. The task role may use every object of the images bucket."""
    needed = [request for request in needed_requests(stack) if request.principal in stack.roles.values()]
    own = {(request.principal, request.action, request.resource) for request in needed}
    others = [
        replace(request, principal=role)
        for role in stack.roles.values()
        for request in needed
        if (role, request.action, request.resource) not in own
        and not (role == stack.roles["task"] and request.resource.startswith(f"{stack.images}/"))
    ]
    return [request for request in others if not _looks_everywhere(stack, request)]


def other_retention_changes(stack: Stack) -> list[Request]:
    """The retention function changes a link whatever its content, or a layer, or anything if it must only report."""
    if not stack.retention_variables:
        return []
    changes = retention_changes(stack)
    layer = f"{stack.images}/docker/registry/v2/blobs/sha256/01/0123/data"
    return [
        *(replace(request, context={}) for request in changes),
        *(replace(request, resource=layer) for request in changes),
        *(changes if stack.retention_variables["APPLY"] == "false" else []),
    ]


def other_principals(stack: Stack) -> list[Request]:
    """Another account's administrator, another service or the public reads or writes a bucket, or delivers logs."""
    reads_and_writes = [
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
        for request in [*reads_and_writes, *deliveries]
        for principal in (None, stack.admin(OTHER_ACCOUNT), "cloudtrail.amazonaws.com")
    ]


def without_tls(stack: Stack) -> list[Request]:
    """The roles, services or the account's administrator use a bucket without TLS."""
    by_admin = [
        Request(principal=stack.admin(ACCOUNT), action=action, resource=resource)
        for bucket in _buckets(stack)
        for action, resource in (("s3:PutBucketPolicy", bucket), ("s3:GetObject", f"{bucket}/x"))
    ]
    needed = [request for request in needed_requests(stack) if request.resource.partition("/")[0] in _buckets(stack)]
    return [replace(request, tls=False) for request in [*needed, *by_admin]]


def other_presigned_reads(stack: Stack) -> list[Request]:
    """A client uses a presigned URL too late, or from an address that may not connect to the registry."""
    sources = [*client_sources(stack), {"aws:SourceVpc": "vpc-0123"}]
    other = {"aws:SourceIp": "192.0.2.1"}
    return [
        *(request for source in sources for request in presigned_reads(stack, source, milliseconds=120_001)),
        *([] if stack.client_ranges == ["0.0.0.0/0"] else presigned_reads(stack, other)),
    ]


def other_deliveries(stack: Stack) -> list[Request]:
    """A log delivery service reads or deletes, or writes for another account, to another folder or with another ACL."""
    own = _deliveries(stack, ACCOUNT)
    writes = [[request for request in requests if request.action == "s3:PutObject"] for requests in own]
    for_other_accounts = [request for requests in _deliveries(stack, OTHER_ACCOUNT) for request in requests]
    in_other_folders = [
        replace(request, resource=other.resource)
        for requests in writes
        for request in requests
        for others in writes
        for other in others
        if others is not requests
    ]
    reads_and_deletes = [
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
    return [*for_other_accounts, *in_other_folders, *reads_and_deletes, *other_sources]


def other_assumed_roles(stack: Stack) -> list[Request]:
    """Another service, an administrator, the public, or a service for another account assumes a role."""
    services = {request.principal for request in assumed_roles(stack)}
    principals = [*services, "cloudtrail.amazonaws.com", stack.admin(ACCOUNT), stack.admin(OTHER_ACCOUNT), None]
    by_others = [
        replace(request, principal=principal)
        for request in assumed_roles(stack)
        for principal in principals
        if principal != request.principal
    ]
    for_others = [
        other
        for request in (
            *(assumed_by_ecs(stack, role) for role in ("execution", "task")),
            *assumed_by_scheduler(stack),
            *assumed_by_step_functions(stack),
        )
        for key in ("aws:SourceAccount", "aws:SourceArn")
        for other in _other_values(request, key)
    ]
    return [*by_others, *for_others]


def other_signatures(stack: Stack) -> list[Request]:
    """An administrator, another account or the public signs with a token key, or the token service in another form."""
    others = (stack.admin(ACCOUNT), stack.admin(OTHER_ACCOUNT))
    return [
        *(signature(key, principal) for key in stack.token_keys for principal in others),
        *(signature(key, stack.roles["access"], "RSASSA_PSS_SHA_256") for key in stack.token_keys),
    ]


def requests_through_endpoints(stack: Stack) -> list[Request]:
    """Other principals use the VPC endpoints of an isolated network, or the registry's roles use other buckets.

    All other policies allow these requests: only the endpoint policies can refuse them.
    """
    endpoints = stack.endpoints - _ENDPOINTS_WITHOUT_POLICY
    needed = [request for request in needed_requests(stack) if request.endpoint in endpoints]
    by_others = [
        replace(request, principal=principal)
        for request in needed
        if request.principal in stack.roles.values()
        for principal in (stack.admin(ACCOUNT), stack.admin(OTHER_ACCOUNT))
    ]
    to_others = [
        replace(request, resource=resource, ignore_identity_policies=request.principal is not None)
        for request in needed
        if request.endpoint == "s3"
        for resource in _other_arns(request.resource)
    ]
    uploads = [replace(request, action="s3:PutObject") for request in public_download_requests(stack)]
    return [*by_others, *to_others, *uploads]


REFUSED: Mapping[str, Callable[[Stack], list[Request]]] = {
    "other resources": other_resources,
    "other groups": other_groups,
    "other collections": other_collections,
    "other roles": other_roles,
    "other retention changes": other_retention_changes,
    "other principals": other_principals,
    "without TLS": without_tls,
    "other presigned reads": other_presigned_reads,
    "other deliveries": other_deliveries,
    "other assumed roles": other_assumed_roles,
    "other signatures": other_signatures,
}


def _buckets(stack: Stack) -> list[str]:
    access = [stack.token_configuration.partition("/")[0]] if stack.token_service else []
    return [stack.images, *stack.replicated.values(), stack.bootstrap, stack.logs, *access]


def _deliveries(stack: Stack, account: str) -> list[list[Request]]:
    """The log deliveries for an account, by service."""
    services = (load_balancer_log_requests, server_access_log_requests, flow_log_requests)
    return [requests(stack, account) for requests in services]


def _other_values(request: Request, key: str) -> list[Request]:
    """A request with another account or ACL in a condition key, and without the key."""
    value = request.context[key]
    other = value.replace(ACCOUNT, OTHER_ACCOUNT) if ACCOUNT in value else "public-read"
    without = {name: each for name, each in request.context.items() if name != key}
    return [replace(request, context={**request.context, key: other}), replace(request, context=without)]
