"""The prod stack's patch schedule as the AWS API describes it, and what its request does."""

from __future__ import annotations

import json

from sandbox.machine.processes import wait_until
from tests.engine.commands import preview_drift
from tests.engine.queries import auto_scaling_group, instance_refreshes
from tests.engine.stacks import DeployedStack


def test_scheduled_refresh_replaces_all_instances_and_is_no_drift(prod: DeployedStack) -> None:
    declared = prod.declaration.one("aws:scheduler/schedule:Schedule", "registry-patching").outputs
    schedule = prod.aws("scheduler").get_schedule(GroupName=declared["groupName"], Name=declared["name"])
    before = _instances(prod)

    prod.aws("autoscaling").start_instance_refresh(**json.loads(schedule["Target"]["Input"]))
    wait_until(lambda: instance_refreshes(prod.aws)[0]["Status"] == "Successful", "the instance refresh", seconds=60)

    assert not before & _instances(prod)
    assert preview_drift(prod.stack) == {}


def _instances(prod: DeployedStack) -> set[str]:
    return {instance["InstanceId"] for instance in auto_scaling_group(prod.aws)["Instances"]}
