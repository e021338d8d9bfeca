"""The group's sizes change after ECS has scaled it, and a first launch fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from sandbox import engine
from sandbox.aws.emulator import AwsApi
from tests.engine.configuring import configured
from tests.engine.conftest import ROOT
from tests.engine.steps import changed, run


@pytest.fixture(scope="module")
def stack(api: AwsApi, folder: Path) -> auto.Stack:
    """The dev stack, up although the first launch of its group failed, as each group's does in this API."""
    selected = engine.create_stack(ROOT, "dev", api, folder / "dev")
    run(selected.up)
    return selected


@pytest.mark.parametrize(
    ("scaled_to", "config", "then"),
    [
        pytest.param(2, {"minSize": "3", "desiredCapacity": "3"}, 3, id="minimum above what ECS chose"),
        pytest.param(4, {"minSize": "3", "desiredCapacity": "3"}, 4, id="larger minimum below what ECS chose"),
        pytest.param(4, {"minSize": "1"}, 4, id="smaller minimum"),
        pytest.param(4, {"maxSize": "3"}, 3, id="maximum below what ECS chose"),
    ],
)
def test_sizes_change_beside_what_ecs_scaled(
    stack: auto.Stack, aws: Callable[[str], Any], scaled_to: int, config: dict[str, str], then: int
) -> None:
    autoscaling = aws("autoscaling")
    name = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"][0]["AutoScalingGroupName"]
    # As at first, in AWS and in the state.
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=2, MaxSize=4, DesiredCapacity=2)
    run(stack.refresh)
    autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=scaled_to)
    with configured(stack, config):
        steps = changed(run(stack.up))
    [group] = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert steps == {"Group registry-instances": "update"}
    assert group["DesiredCapacity"] == then
