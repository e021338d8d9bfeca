"""What ECS refuses, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize("name", ["aws-registry", "ecsregistry", "Fargate-registry"])
def test_reserved_capacity_provider_name_is_refused(aws: Callable[[str], Any], name: str) -> None:
    group = {"autoScalingGroupArn": "arn:aws:autoscaling:us-west-2:123456789012:autoScalingGroup:1:test"}
    with pytest.raises(ClientError, match="capacity provider name is invalid"):
        aws("ecs").create_capacity_provider(name=name, autoScalingGroupProvider=group)
