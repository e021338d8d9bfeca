"""What ECS refuses."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.ecs.exceptions import EcsClientException
from moto.ecs.models import EC2ContainerServiceBackend

from sandbox.patching import wrap


def enforce() -> None:
    """Enforce the rules."""
    wrap(EC2ContainerServiceBackend, "create_capacity_provider", _reserved_provider_name)


def _reserved_provider_name(create: Callable[..., Any], backend: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """Source: ECS API Reference, "CreateCapacityProvider", name; in any case of letters, by aws-cdk#36584."""
    if re.match("aws|ecs|fargate", name, re.IGNORECASE):
        raise EcsClientException(
            "The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters "
            "(upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "
            '"aws", "ecs", or "fargate". Specify a valid name and try again.'
        )
    return create(backend, name, *args, **kwargs)
