"""What Auto Scaling refuses, as the emulated API answers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws_api.networks import create_auto_scaling_group


def test_group_with_instances_is_deleted_by_force_alone(aws: Callable[[str], Any]) -> None:
    create_auto_scaling_group(aws)
    autoscaling = aws("autoscaling")
    with pytest.raises(ClientError, match="ResourceInUse"):
        autoscaling.delete_auto_scaling_group(AutoScalingGroupName="registry")
    autoscaling.delete_auto_scaling_group(AutoScalingGroupName="registry", ForceDelete=True)
