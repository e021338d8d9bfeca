"""Waits until an instance refresh has moved all instances out of the subnets that an Auto Scaling group gave up."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pulumi
import pulumi_aws as aws

from .hooks import hooks_supported

# The refresh launches all new instances first (3 to 10 minutes to boot, 1 minute of warm-up). Then ECS moves the tasks
# of the old ones: 2 minutes to deregister and up to 1.5 minutes to stop. The timeout is three times the sum and more.
_TIMEOUT_SECONDS = 3600
_INTERVAL_SECONDS = 15
_NOT_TERMINATED = ("pending", "running", "shutting-down", "stopping", "stopped")

ListInstances = Callable[[Sequence[str]], Awaitable[Sequence[str]]]


def wait_for_instance_refresh(name: str, parent: pulumi.Resource) -> pulumi.ResourceHookBinding | None:
    """Return a hook that ends an Auto Scaling group's update when no instance is left in the subnets that it gave up.

    The provider starts an instance refresh and does not wait for it. As soon as the last update is done, the engine
    deletes what the program no longer declares: NAT gateways and routes that old instances still use, then subnets,
    which AWS refuses to delete while they contain instances.

    Args:
        name: the group's resource name. It makes the hook's name unique in the program.
        parent: the resource whose provider lists the instances.

    Returns:
        None where hooks are not supported.
    """
    if not hooks_supported():
        return None

    async def list_instances(subnet_ids: Sequence[str]) -> Sequence[str]:
        instances = aws.ec2.get_instances_output(
            filters=[{"name": "subnet-id", "values": [*subnet_ids]}],
            instance_state_names=[*_NOT_TERMINATED],
            opts=pulumi.InvokeOutputOptions(parent=parent),
        )
        return await instances.ids.future() or ()

    async def wait(hook: pulumi.ResourceHookArgs) -> None:
        old, new = ((inputs or {}).get("vpcZoneIdentifiers", ()) for inputs in (hook.old_inputs, hook.new_inputs))
        if removed := sorted({*old} - {*new}):
            await wait_until_empty(removed, list_instances, group=hook.id)

    return pulumi.ResourceHookBinding(after_update=[pulumi.ResourceHook(f"{name}-moved", wait)])


async def wait_until_empty(
    subnet_ids: Sequence[str],
    list_instances: ListInstances,
    *,
    group: str,
    timeout: float = _TIMEOUT_SECONDS,
    interval: float = _INTERVAL_SECONDS,
) -> None:
    """Wait until no instance is left in the subnets.

    Args:
        subnet_ids: the IDs of the subnets.
        list_instances: returns the IDs of the instances in subnets.
        group: the Auto Scaling group's name, for messages.
        timeout: how long to wait, in seconds.
        interval: the time between two requests, in seconds.

    Raises:
        RunError: instances are still there after the timeout.
    """
    instances = await list_instances(subnet_ids)
    if instances:
        pulumi.log.info(
            f"waiting until {', '.join(instances)} have left {', '.join(subnet_ids)}: an instance refresh replaces"
            " them, which takes about ten minutes"
        )
    for _ in range(int(timeout / interval)):
        if not instances:
            return
        await asyncio.sleep(interval)
        instances = await list_instances(subnet_ids)
    raise pulumi.RunError(
        f"{', '.join(instances)} are still in {', '.join(subnet_ids)}, which this change deletes, after"
        f" {timeout / 60:.0f} minutes; nothing is deleted yet\n  see why: aws autoscaling describe-instance-refreshes"
        f" --auto-scaling-group-name {group}\n  then, once they have left: pulumi up"
    )
