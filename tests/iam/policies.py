"""The policies that a program declares, and the requests that they grant together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.evaluation.aws_provider import ACCOUNT
from sandbox.evaluation.declared import Declaration
from tests.iam import evaluator
from tests.iam.evaluator import Document, Simulation

OTHER_ACCOUNT = "999999999999"
# The policies of callers and resources that the program does not declare, so that its own policies decide.
_MAY_DO_ANYTHING: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_ADMITS_ANYBODY: Document = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}
# What precedes the service in the name of a VPC endpoint, such as com.amazonaws.us-west-2.ecr.api.
_BEFORE_SERVICE = re.compile(r"^com\.amazonaws\.[a-z0-9-]+\.")


@dataclass(frozen=True)
class Attachment:
    """What a policy is attached to.

    Attributes:
        kind: an identity policy or the trust policy of a role, a bucket's policy, or a VPC endpoint's.
        to: the ARN of the role or the bucket, or the endpoint's service, such as "s3".
        name: the name of an identity policy; a role has several.
    """

    kind: Literal["identity", "trust", "bucket", "endpoint"]
    to: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind} policy {self.name} of {self.to}"


Policies = Mapping[Attachment, Document]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to AWS.

    Attributes:
        principal: the caller: a role's ARN, a service principal, or None for an unsigned request.
        action: the IAM action.
        resource: the ARN that the action is done to, or "*" for an action without resource types.
        context: the condition keys that AWS sends beside `aws:SecureTransport` and `aws:PrincipalArn`.
        endpoint: the service whose VPC endpoint the request passes, if there is one. Default: it comes from elsewhere.
        tls: whether the connection is encrypted.
        any_identity: evaluate it as if the caller's own policies allowed everything.
    """

    principal: str | None
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict, hash=False)
    endpoint: str = ""
    tls: bool = True
    any_identity: bool = False

    def __str__(self) -> str:
        details = [f"{key}={value}" for key, value in self.context.items()]
        details += [] if self.tls else ["without TLS"]
        details += [f"through the {self.endpoint} endpoint"] if self.endpoint else []
        return " ".join([self.principal or "unsigned", self.action, self.resource, *details])


def declared(declaration: Declaration) -> Policies:
    """Every policy of a program."""
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
    for policy in declaration.all("aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy"):
        if endpoint := endpoints.get(policy.inputs["vpcEndpointId"]):
            service = _BEFORE_SERVICE.sub("", endpoint.inputs["serviceName"])
            texts[Attachment("endpoint", service)] = policy.inputs["policy"]
    return {attachment: json.loads(text) for attachment, text in texts.items()}


def granted(requests: Iterable[Request], policies: Policies) -> list[Request]:
    """Those of the requests that the policies grant."""
    asked = list(requests)
    verdicts = evaluator.allowed(_simulation(request, policies) for request in asked)
    return [request for request, allowed in zip(asked, verdicts, strict=True) if allowed]


def evaluated(request: Request, policies: Policies) -> list[Attachment]:
    """The policies that have a say in a request."""
    bucket = request.resource.partition("/")[0]
    return [
        each
        for each in policies
        if (each.kind == "identity" and each.to == request.principal and not request.any_identity)
        or (each.kind == "trust" and each.to == request.resource)
        or (each.kind == "bucket" and each.to == bucket)
        or (each.kind == "endpoint" and each.to == request.endpoint)
    ]


def _simulation(request: Request, policies: Policies) -> Simulation:
    documents = [(each.kind, policies[each]) for each in evaluated(request, policies)]
    identity = [document for kind, document in documents if kind == "identity"]
    resource = [document for kind, document in documents if kind in ("trust", "bucket")]
    endpoint = [document for kind, document in documents if kind == "endpoint"]
    context = {"aws:SecureTransport": str(request.tls).lower(), **request.context}
    principal = request.principal
    if principal is not None and principal.startswith("arn:"):
        context["aws:PrincipalArn"] = principal
        if request.any_identity or Attachment("trust", principal) not in policies:
            identity = [_MAY_DO_ANYTHING]
        principal = principal.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session"
    account = ACCOUNT if resource else _account(request.resource)
    if account != ACCOUNT:
        resource = [_ADMITS_ANYBODY]
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
    """The account in an ARN. A bucket's has none; a bucket without a declared policy is another account's."""
    return ACCOUNT if resource == "*" else resource.split(":")[4] or OTHER_ACCOUNT
