"""The policies that a program declares, and the requests that they allow."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.evaluation.aws_provider import ACCOUNT
from sandbox.evaluation.declared import Declaration
from tests.iam import evaluator
from tests.iam.evaluator import PolicyDocument, Simulation

OTHER_ACCOUNT = "999999999999"
# The policies of callers and resources that the program does not declare. They allow everything, so that the result
# depends on the declared policies alone.
_ALLOW_ALL_ACTIONS: PolicyDocument = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_ALLOW_ALL_PRINCIPALS: PolicyDocument = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
# The prefix of the service in a VPC endpoint's service name, such as com.amazonaws.us-west-2.ecr.api.
_SERVICE_NAME_PREFIX = re.compile(r"^com\.amazonaws\.[a-z0-9-]+\.")


@dataclass(frozen=True)
class Attachment:
    """The resource that a policy is attached to.

    Attributes:
        kind: the kind of policy: a role's identity or trust policy, a bucket or key policy, or a VPC endpoint policy.
        to: the ARN of the role, the bucket or the key, or the endpoint's service, such as "s3".
        name: the name of an identity policy: a role has several.
    """

    kind: Literal["identity", "trust", "bucket", "key", "endpoint"]
    to: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} policy {self.name} of {self.to}"


Policies = Mapping[Attachment, PolicyDocument]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to AWS.

    Attributes:
        principal: the caller: a role's ARN, a service principal, or None for an unsigned request.
        action: the IAM action.
        resource: the ARN of the resource, or "*" for an action without resource types.
        context: the condition keys that AWS sends in addition to `aws:SecureTransport` and `aws:PrincipalArn`.
        endpoint: the service whose VPC endpoint the request goes through, if the network has one. Default: the request
            comes from outside the network.
        tls: whether the connection is encrypted.
        ignore_identity_policies: evaluate as if the caller's identity policies allowed everything.
    """

    principal: str | None
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False)
    endpoint: str = ""
    tls: bool = True
    ignore_identity_policies: bool = False

    def __str__(self) -> str:
        details = [f"{key}={value}" for key, value in self.context.items()]
        details += [] if self.tls else ["without TLS"]
        details += [f"through the {self.endpoint} endpoint"] if self.endpoint else []
        return " ".join([self.principal or "unsigned", self.action, self.resource, *details])


def declared_policies(declaration: Declaration) -> Policies:
    roles = {role.outputs["name"]: role for role in declaration.all("aws:iam/role:Role")}
    buckets = {bucket.outputs["bucket"]: bucket for bucket in declaration.all("aws:s3/bucket:Bucket")}
    endpoints = {endpoint.id: endpoint for endpoint in declaration.all("aws:ec2/vpcEndpoint:VpcEndpoint")}
    texts = {Attachment("trust", role.outputs["arn"]): role.inputs["assumeRolePolicy"] for role in roles.values()}
    for policy in declaration.all("aws:iam/rolePolicy:RolePolicy"):
        role = roles[policy.inputs["role"]]
        texts[Attachment("identity", role.outputs["arn"], policy.name)] = policy.inputs["policy"]
    for policy in declaration.all("aws:s3/bucketPolicy:BucketPolicy"):
        bucket = buckets[policy.inputs["bucket"]]
        texts[Attachment("bucket", bucket.outputs["arn"])] = policy.inputs["policy"]
    for key in declaration.all("aws:kms/key:Key"):
        texts[Attachment("key", key.outputs["arn"])] = key.inputs["policy"]
    for policy in declaration.all("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"):
        if endpoint := endpoints.get(policy.inputs["vpcEndpointId"]):
            service = _SERVICE_NAME_PREFIX.sub("", endpoint.inputs["serviceName"])
            texts[Attachment("endpoint", service)] = policy.inputs["policy"]
    return {attachment: json.loads(text) for attachment, text in texts.items()}


def allowed_requests(requests: Iterable[Request], policies: Policies) -> list[Request]:
    """The requests that the policies allow."""
    requests = list(requests)
    verdicts = evaluator.allowed(_simulation(request, policies) for request in requests)
    return [request for request, allowed in zip(requests, verdicts, strict=True) if allowed]


def applicable_policies(request: Request, policies: Policies) -> list[Attachment]:
    """The policies that apply to a request."""
    bucket = request.resource.partition("/")[0]
    return [
        each
        for each in policies
        if (each.kind == "identity" and each.to == request.principal and not request.ignore_identity_policies)
        or (each.kind in ("trust", "key") and each.to == request.resource)
        or (each.kind == "bucket" and each.to == bucket)
        or (each.kind == "endpoint" and each.to == request.endpoint)
    ]


def _simulation(request: Request, policies: Policies) -> Simulation:
    documents = [(each.kind, policies[each]) for each in applicable_policies(request, policies)]
    identity = [document for kind, document in documents if kind == "identity"]
    resource = [document for kind, document in documents if kind in ("trust", "bucket", "key")]
    endpoint = [document for kind, document in documents if kind == "endpoint"]
    context = {"aws:SecureTransport": str(request.tls).lower(), **request.context}
    principal = request.principal
    if principal is not None and principal.startswith("arn:"):
        context["aws:PrincipalArn"] = principal
        if request.ignore_identity_policies or Attachment("trust", principal) not in policies:
            identity = [_ALLOW_ALL_ACTIONS]
        principal = principal.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"
    account = ACCOUNT if resource else _account(request.resource)
    if account != ACCOUNT:
        resource = [_ALLOW_ALL_PRINCIPALS]
    return Simulation(
        principal=principal,
        action=request.action,
        resource=request.resource,
        account=account,
        context=context,
        identity_policies=identity,
        resource_policy=next(iter(resource), None),
        endpoint_policy=next(iter(endpoint), None),
    )


def _account(resource: str) -> str:
    """The account that owns a resource. A bucket's ARN has none: without a declared policy, it is another account's."""
    return ACCOUNT if resource == "*" else resource.split(":")[4] or OTHER_ACCOUNT
