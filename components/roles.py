"""IAM roles with inline policies."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class RoleWithPolicies:
    """An IAM role and its inline policies.

    What uses the role depends on the policies too: a task or an instance needs them from its start.
    """

    role: aws.iam.Role
    policies: list[aws.iam.RolePolicy]


def create_role(
    name: str,
    *,
    trust_policy: pulumi.Input[str],
    policies: Mapping[str, pulumi.Input[str]],
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> RoleWithPolicies:
    """Create an aws.iam.Role, and an aws.iam.RolePolicy per policy.

    Args:
        name: the role's resource name; it prefixes the policies' names.
        trust_policy: the policy document that says who may assume the role.
        policies: policy documents by name.
        tags: the role's tags. Role policies take none.
        opts: the options of all these resources.
    """
    role = aws.iam.Role(name, assume_role_policy=trust_policy, tags=tags, opts=opts)
    return RoleWithPolicies(
        role,
        [
            aws.iam.RolePolicy(f"{name}-{policy}", role=role.name, policy=document, opts=opts)
            for policy, document in policies.items()
        ],
    )
