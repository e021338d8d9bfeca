"""Waits until instances have left the subnets that their Auto Scaling group no longer names."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pulumi
import pulumi_aws as aws

from .hooks import hooks_work

# All new instances come first (3 to 10 minutes to boot, 1 of warm-up); then the old ones' tasks move, and take 2
# minutes to deregister and up to 1.5 to stop. The limit leaves room for three times that.
_LIMIT_SECONDS = 3600
_INTERVAL_SECONDS = 15
_PRESENT = ("pending", "running", "shutting-down", "stopping", "stopped")

InstancesIn = Callable[[Sequence[str]], Awaitable[Sequence[str]]]


def wait_for_move(name: str, parent: pulumi.Resource) -> pulumi.ResourceHookBinding | None:
    """A hook for an Auto Scaling group: its update ends when no instance is left in the subnets that it lost.

    The provider starts an instance refresh and does not wait for it. The engine deletes what is left over as soon as
    the last update is done: NAT gateways and routes under instances that still serve, then subnets, which AWS refuses
    to delete while an instance is in them.

    Args:
        name: the group's, since the names of a program's hooks are unique.
        parent: whose provider lists the instances.

    Returns: None where hooks do not work.
    """
    if not hooks_work():
        return None

    async def instances_in(subnet_ids: Sequence[str]) -> Sequence[str]:
        found = aws.ec2.get_instances_output(
            filters=[{"name": "subnet-id", "values": [*subnet_ids]}],
            instance_state_names=[*_PRESENT],
            opts=pulumi.InvokeOutputOptions(parent=parent),
        )
        return await found.ids.future() or ()

    async def wait(hook: pulumi.ResourceHookArgs) -> None:
        old, new = ((inputs or {}).get("vpcZoneIdentifiers", ()) for inputs in (hook.old_inputs, hook.new_inputs))
        if left := sorted({*old} - {*new}):
            await until_empty(left, instances_in, group=hook.id)

    return pulumi.ResourceHookBinding(after_update=[pulumi.ResourceHook(f"{name}-moved", wait)])


async def until_empty(
    subnet_ids: Sequence[str],
    instances_in: InstancesIn,
    *,
    group: str,
    limit: float = _LIMIT_SECONDS,
    interval: float = _INTERVAL_SECONDS,
) -> None:
    """Returns when no instance is in the subnets.

    Args:
        instances_in: lists the ids of the instances in subnets.
        group: the Auto Scaling group's name, for messages.
        limit: seconds until it gives up.
        interval: seconds between two looks.

    Raises:
        RunError: instances are still there at the limit.
    """
    instances = await instances_in(subnet_ids)
    if instances:
        pulumi.log.info(
            f"waiting until {', '.join(instances)} have left {', '.join(subnet_ids)}: an instance refresh replaces"
            " them, which takes about ten minutes"
        )
    for _ in range(int(limit / interval)):
        if not instances:
            return
        await asyncio.sleep(interval)
        instances = await instances_in(subnet_ids)
    raise pulumi.RunError(
        f"{', '.join(instances)} are still in {', '.join(subnet_ids)}, which this change deletes, after"
        f" {limit / 60:.0f} minutes; nothing is deleted yet\n  see why: aws autoscaling describe-instance-refreshes"
        f" --auto-scaling-group-name {group}\n  then, once they have left: pulumi up"
    )
