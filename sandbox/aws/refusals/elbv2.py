"""Calls that Elastic Load Balancing refuses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.elbv2.models import ELBv2Backend, elbv2_backends

from sandbox.aws.patching import refuses
from sandbox.aws.refusals.ec2 import has_internet_gateway


def load_balancers_of_target_group(backend: Any, target_group_arn: str) -> set[str]:
    """The ARNs of the load balancers with a listener or a rule that forwards to a target group."""
    return {
        listener.load_balancer_arn
        for load_balancer in backend.load_balancers.values()
        for listener in load_balancer.listeners.values()
        for rule in listener.rules.values()
        for action in rule.actions
        if target_group_arn in backend._get_target_group_arns_from(action.data)
    }


def load_balancers_with_certificate(account_id: str, certificate_arn: str) -> list[str]:
    """The ARNs of the load balancers, in all regions, with a listener that has a certificate."""
    return [
        listener.load_balancer_arn
        for backend in elbv2_backends[account_id].values()
        for load_balancer in backend.load_balancers.values()
        for listener in load_balancer.listeners.values()
        if certificate_arn in listener.certificates
    ]


@refuses(ELBv2Backend, "create_load_balancer", "ValidationError")
def _reserved_name(_backend: Any, name: str) -> str | None:
    """Source: ELB API Reference 2015-12-01, "CreateLoadBalancer", Name."""
    return f"The load balancer name '{name}' cannot begin with 'internal-'" if name.startswith("internal-") else None


@refuses(ELBv2Backend, "create_load_balancer", "InvalidSubnet")
def _internet_facing_without_internet_gateway(
    backend: Any, subnet_ids: Sequence[str], subnet_mappings: Sequence[Mapping[str, str]] | None, scheme: str | None
) -> str | None:
    """Source: openshift/installer#1110, also for the code."""
    ids = [*subnet_ids, *(mapping["SubnetId"] for mapping in subnet_mappings or ())]
    for subnet in backend.ec2_backend.describe_subnets(filters={"subnet-id": ids}):
        if scheme != "internal" and not has_internet_gateway(backend.ec2_backend, subnet.vpc_id):
            return f"VPC {subnet.vpc_id} has no internet gateway"
    return None


@refuses(ELBv2Backend, "delete_load_balancer", "OperationNotPermitted")
def _deletion_protection(backend: Any, arn: str) -> str | None:
    """Source: ELB API Reference 2015-12-01, "DeleteLoadBalancer"."""
    load_balancer = backend.load_balancers.get(arn)
    if load_balancer and load_balancer.attrs.get("deletion_protection.enabled") == "true":
        return f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
    return None


@refuses(ELBv2Backend, "create_listener", "TargetGroupAssociationLimit")
def _target_group_of_another_load_balancer(
    backend: Any, load_balancer_arn: str, actions: Sequence[Mapping[str, Any]]
) -> str | None:
    """A target group belongs to one load balancer.

    Sources: ELB API Reference 2015-12-01, "CreateListener", TargetGroupAssociationLimit; terraform-provider-aws#22005.
    """
    return _taken(backend, actions, load_balancer_arn)


@refuses(ELBv2Backend, "create_rule", "TargetGroupAssociationLimit")
def _target_group_of_another_load_balancer_in_a_rule(
    backend: Any, listener_arn: str, actions: Sequence[Mapping[str, Any]]
) -> str | None:
    """Source: ELB API Reference 2015-12-01, "CreateRule", TargetGroupAssociationLimit."""
    [listener] = backend.describe_listeners(None, [listener_arn])
    return _taken(backend, actions, listener.load_balancer_arn)


def _taken(backend: Any, actions: Sequence[Mapping[str, Any]], load_balancer_arn: str) -> str | None:
    arns = [arn for action in actions for arn in backend._get_target_group_arns_from(action)]
    if taken := [arn for arn in arns if load_balancers_of_target_group(backend, arn) - {load_balancer_arn}]:
        return f"The following target groups cannot be associated with more than one load balancer: {', '.join(taken)}"
    return None


@refuses(ELBv2Backend, "register_targets", "AccessDenied")
def _function_that_may_not_be_invoked(
    backend: Any, target_group_arn: str, instances: Sequence[Mapping[str, str]]
) -> str | None:
    """Sources: "Lambda functions as targets" (Application Load Balancers), Permissions; aws-cdk#4663, the message."""
    if backend.target_groups[target_group_arn].target_type != "lambda":
        return None
    functions = lambda_backends[backend.account_id][backend.region_name]
    for arn in (target["Id"] for target in instances):
        statements = functions.get_function(arn).policy.statements
        sources = [statement.get("Condition", {}).get("ArnLike", {}).get("AWS:SourceArn") for statement in statements]
        if not {None, target_group_arn}.intersection(sources):
            return (
                f"elasticloadbalancing principal does not have permission to invoke {arn} from target group"
                f" {target_group_arn}"
            )
    return None
