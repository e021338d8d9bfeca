"""What Elastic Load Balancing refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from sandbox.patching import wrap


def enforce() -> None:
    """Enforce the rules."""
    wrap(ELBv2Backend, "create_load_balancer", _reserved_name)
    wrap(ELBv2Backend, "delete_load_balancer", _protected)


def _reserved_name(create: Callable[..., Any], backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Source: ELB API Reference 2015-12-01, "CreateLoadBalancer", Name."""
    if name.startswith("internal-"):
        raise ELBClientError("ValidationError", f"The load balancer name '{name}' cannot begin with 'internal-'")
    return create(backend, name, *args, **kwargs)


def _protected(delete: Callable[..., Any], backend: Any, arn: str) -> Any:
    """Source: ELB API Reference 2015-12-01, "DeleteLoadBalancer"."""
    balancer = backend.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise ELBClientError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    return delete(backend, arn)
