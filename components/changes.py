"""Refuses, in the preview, changes that AWS would refuse in the middle of an update, and those that lose images."""

import asyncio
from collections.abc import Iterator, Mapping
from contextvars import copy_context
from typing import Any

import pulumi

from .args import PrivateRegistryArgs
from .hooks import hooks_supported
from .problems import InvalidInput, Problem
from .running_collection import disturbed_option, running_collection


def recorded(args: PrivateRegistryArgs) -> dict[str, Any]:
    """Return the component's inputs, with which the next change is compared."""
    return {
        "internal": args.internal or args.isolated,
        "deletionProtection": args.deletion_protection,
        "vpcCidr": None if args.network else args.vpc_cidr,
        "vpcId": args.network.vpc_id if args.network else None,
        "imagesBucket": args.images_bucket,
        "replicaRegion": args.replica_region,
        "forceDestroy": args.force_destroy,
        "tokenSigner": None if args.access is None else args.token_signer,
        "garbageCollection": True if args.garbage_collection else None,
    }


def checked_changes(registry: pulumi.Resource, name: str) -> pulumi.ResourceHookBinding | None:
    """Return a hook that fails if there are `change_problems`, or if a garbage collection runs that would be disturbed.

    The engine registers the component before its resources, so nothing has changed yet when the hook fails. The first
    update of a stack from before the inputs were recorded is not checked.

    Args:
        registry: the component.
        name: its name. It makes the hook's name unique in the program.

    Returns:
        None where hooks are not supported.
    """
    if not hooks_supported():
        return None
    context = copy_context()  # the engine calls the hook in another one, without the reader and the connection

    async def refuse(hook: pulumi.ResourceHookArgs) -> None:
        old, new = hook.old_inputs or {}, hook.new_inputs or {}
        problems = [*change_problems(old, new)]
        if option := disturbed_option(old, new):
            problems += await running_collection(option, hook.old_outputs or {}, registry)
        if problems:
            raise InvalidInput(problems, registry=name)

    async def refuse_in_context(hook: pulumi.ResourceHookArgs) -> None:
        await context.run(asyncio.ensure_future, refuse(hook))

    hook = pulumi.ResourceHook(f"{name}-changes", refuse_in_context, pulumi.ResourceHookOptions(on_dry_run=True))
    return pulumi.ResourceHookBinding(before_update=[hook])


def change_problems(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Problem]:
    """Find the problems with a change from one result of `recorded` to another, in which the engine drops None."""
    if not old:
        return
    if old["internal"] != new["internal"] and old["deletionProtection"]:
        yield Problem(
            key="internal",
            found="changes, which replaces the load balancer, and AWS refuses to delete the present one:"
            " `deletion_protection` was on in the last `pulumi up`",
            allowed="turn `deletion_protection` off in a `pulumi up` of its own, then change `internal` or `isolated`",
            example={"deletion_protection": False},
        )
    if key := _changed_vpc(old, new):
        yield Problem(
            key=key,
            found="changes the VPC, and a load balancer cannot move to another VPC",
            allowed="the present VPC; for another one, a second stack and a copy of the images",
            example='aws s3 sync "s3://OLD-BUCKET" "s3://NEW-BUCKET"',
        )
    if ("imagesBucket" in old) != ("imagesBucket" in new) or _differ(old.get("imagesBucket"), new.get("imagesBucket")):
        yield Problem(
            key="images_bucket",
            found="changes, and the registry would lose its images",
            allowed="the present bucket; for another one, a second stack whose first `pulumi up` has `images_bucket`",
            example={"images_bucket": old.get("imagesBucket")},
        )
    if "replicaRegion" in old and old["replicaRegion"] != new.get("replicaRegion") and not old["forceDestroy"]:
        yield Problem(
            key="replica_region",
            found=f"changes, which would delete the replica bucket in {old['replicaRegion']} with all its objects",
            allowed="the present Region; to delete the bucket, turn `force_destroy` on in a `pulumi up` of its own,"
            " then change `replica_region` or leave it out",
            example={"replica_region": old["replicaRegion"]},
        )
    yield from _token_signer_problems(old, new)


def _token_signer_problems(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Problem]:
    if "tokenSigner" not in old or "tokenSigner" not in new:
        return
    # The engine's numbers are floats.
    before, after = int(old["tokenSigner"]), int(new["tokenSigner"])
    if abs(after - before) > 1:
        next_step = before + (1 if after > before else -1)
        yield Problem(
            key="token_signer",
            found=f"changes from {before} to {after}, and no replica would trust both keys at once",
            allowed=f"a step of 1: `pulumi up` with {next_step} first",
            example={"token_signer": next_step},
        )


def _differ(old: Any, new: Any) -> bool:
    """Whether a value changes. Values that are unknown in a preview are not compared."""
    return isinstance(old, str) and isinstance(new, str) and old != new


def _changed_vpc(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Return the option that changes the VPC."""
    if ("vpcCidr" in old) != ("vpcCidr" in new):
        return "network"
    if _differ(old.get("vpcId"), new.get("vpcId")):
        return "network"
    return "vpc_cidr" if old.get("vpcCidr") != new.get("vpcCidr") else None
