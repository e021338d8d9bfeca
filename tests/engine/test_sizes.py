"""Change the sizes of the Auto Scaling Group after ECS has scaled it.

In the emulated API, the first launch of every group fails in one zone: a change must succeed nevertheless.
"""

from __future__ import annotations

import pytest

from tests.engine.commands import run
from tests.engine.configuring import configured
from tests.engine.queries import auto_scaling_group
from tests.engine.stacks import DeployedStack


@pytest.mark.parametrize(
    ("scaled_to", "config", "expected"),
    [
        pytest.param(2, {"minSize": "3", "desiredCapacity": "3"}, 3, id="minimum above the scaled capacity"),
        pytest.param(4, {"minSize": "3", "desiredCapacity": "3"}, 4, id="larger minimum below the scaled capacity"),
        pytest.param(4, {"minSize": "1"}, 4, id="smaller minimum"),
        pytest.param(4, {"maxSize": "3"}, 3, id="maximum below the scaled capacity"),
    ],
)
def test_size_change_respects_the_scaled_capacity(
    dev: DeployedStack, scaled_to: int, config: dict[str, str], expected: int
) -> None:
    autoscaling, name = dev.aws("autoscaling"), auto_scaling_group(dev.aws)["AutoScalingGroupName"]
    # Reset the sizes, in AWS and in the state.
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=2, MaxSize=4, DesiredCapacity=2)
    run(dev.stack.refresh)
    autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=scaled_to)

    with configured(dev.stack, config):
        changes = run(dev.stack.up).changes

    assert changes == {"Group registry-instances": "update"}
    assert auto_scaling_group(dev.aws)["DesiredCapacity"] == expected
