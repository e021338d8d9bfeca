"""What Elastic Load Balancing refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, elbv2_backends

from sandbox.aws.patching import wrap
from sandbox.aws.refusals import ec2


def enforce() -> None:
    """Enforce the rules."""
    wrap(ELBv2Backend, "create_load_balancer", _reserved_name)
    wrap(ELBv2Backend, "create_load_balancer", _no_internet_gateway)
    wrap(ELBv2Backend, "delete_load_balancer", _protected)
    wrap(ELBv2Backend, "create_listener", _group_of_another)


def balancers_of(backend: Any, target_group_arn: str) -> set[str]:
    """The ARNs of the load balancers whose listeners forward to a target group."""
    return {
        listener.load_balancer_arn
        for balancer in backend.load_balancers.values()
        for listener in balancer.listeners.values()
        for action in listener.default_actions
        if target_group_arn in backend._get_target_group_arns_from(action.data)
    }


def balancers_showing(account_id: str, certificate_arn: str) -> list[str]:
    """The ARNs of the load balancers, in all regions, whose listeners show a certificate."""
    return [
        listener.load_balancer_arn
        for backend in elbv2_backends[account_id].values()
        for balancer in backend.load_balancers.values()
        for listener in balancer.listeners.values()
        if certificate_arn in listener.certificates
    ]


def _reserved_name(create: Callable[..., Any], backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Source: ELB API Reference 2015-12-01, "CreateLoadBalancer", Name."""
    if name.startswith("internal-"):
        raise ELBClientError("ValidationError", f"The load balancer name '{name}' cannot begin with 'internal-'")
    return create(backend, name, *args, **kwargs)


def _no_internet_gateway(create: Callable[..., Any], backend: Any, *args: Any, **kwargs: Any) -> Any:
    """Source: openshift/installer#1110, for the code too."""
    balancer = create(backend, *args, **kwargs)
    if balancer.scheme != "internal" and not ec2.has_internet_gateway(backend.ec2_backend, balancer.vpc_id):
        del backend.load_balancers[balancer.arn]
        raise ELBClientError("InvalidSubnet", f"VPC {balancer.vpc_id} has no internet gateway")
    return balancer


def _protected(delete: Callable[..., Any], backend: Any, arn: str) -> Any:
    """Source: ELB API Reference 2015-12-01, "DeleteLoadBalancer"."""
    balancer = backend.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise ELBClientError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    return delete(backend, arn)


def _group_of_another(create: Callable[..., Any], backend: Any, load_balancer_arn: str, **kwargs: Any) -> Any:
    """A target group serves one load balancer.

    Sources: ELB API Reference 2015-12-01, "CreateListener", TargetGroupAssociationLimit; terraform-provider-aws#22005.
    """
    groups = [arn for action in kwargs["actions"] for arn in backend._get_target_group_arns_from(action)]
    taken = [arn for arn in groups if balancers_of(backend, arn) - {load_balancer_arn}]
    if taken:
        raise ELBClientError(
            "TargetGroupAssociationLimit",
            f"The following target groups cannot be associated with more than one load balancer: {', '.join(taken)}",
        )
    return create(backend, load_balancer_arn, **kwargs)
