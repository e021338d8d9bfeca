"""Changes of a registry that AWS refuses half-way, refused in the preview instead."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi

from .args import PrivateRegistryArgs
from .hooks import hooks_supported
from .problems import InvalidInput, Problem


def recorded(args: PrivateRegistryArgs) -> dict[str, Any]:
    """The inputs of the component: what the next change is compared with."""
    return {
        "internal": args.internal or args.isolated,
        "deletionProtection": args.deletion_protection,
        "vpcCidr": None if args.network else args.vpc_cidr,
        "vpcId": args.network.vpc_id if args.network else None,
    }


def checked_changes(name: str) -> pulumi.ResourceHookBinding | None:
    """A hook by which the engine refuses what `change_problems` finds.

    The component is registered before its resources, so nothing is changed when its hook fails. A stack deployed
    before the inputs were recorded is not checked in its first update.

    Args:
        name: the component's, since the names of a program's hooks are unique.

    Returns: None where hooks do not work.
    """
    if not hooks_supported():
        return None

    def refuse(hook: pulumi.ResourceHookArgs) -> None:
        if problems := [*change_problems(hook.old_inputs or {}, hook.new_inputs or {})]:
            raise InvalidInput(problems)

    hook = pulumi.ResourceHook(f"{name}-changes", refuse, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def change_problems(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the step from one `recorded` to another, as the engine keeps them: without None."""
    if not old:
        return
    if old["internal"] != new["internal"] and old["deletionProtection"]:
        yield Problem(
            key="internal",
            found="changes, which replaces the load balancer, and AWS refuses to delete the present one:"
            " deletion_protection was on in the last `pulumi up`",
            allowed="turn deletion_protection off in a `pulumi up` of its own, then change internal or isolated",
            example="pulumi config set registry:deletionProtection false && pulumi up",
        )
    if moved := _moved(old, new):
        yield Problem(
            key=moved,
            found="changes the VPC, and a load balancer cannot leave its VPC",
            allowed="the present VPC; for another one, a second stack and a copy of the images",
            example='aws s3 sync "s3://OLD-BUCKET" "s3://NEW-BUCKET"',
        )


def _moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """The argument by which the VPC changes. Ids that are Outputs still unknown are not compared."""
    if ("vpcCidr" in old) != ("vpcCidr" in new):
        return "network"
    ids = old.get("vpcId"), new.get("vpcId")
    if all(isinstance(id_, str) for id_ in ids) and ids[0] != ids[1]:
        return "network"
    return "vpc_cidr" if old.get("vpcCidr") != new.get("vpcCidr") else None
