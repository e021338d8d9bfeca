"""Values that a provider looks up in AWS while the program runs."""

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws

from .pure.location import Location

Result = TypeVar("Result")

# Keyed by the program's root resource, so a later program in the same process does not get another program's results.
_RESULTS: WeakKeyDictionary[pulumi.Resource, dict[tuple[object, ...], Any]] = WeakKeyDictionary()


def cached_invoke(lookup: Callable[[pulumi.InvokeOptions], Result], parent: pulumi.Resource) -> Result:
    """Call provider functions with the provider of `parent`, once per program and provider.

    A synchronous invoke runs Pulumi's event loop until everything that the program has started so far is done. Without
    the cache, the time to evaluate a program would grow with the square of its number of registries.

    Args:
        lookup: calls provider functions; its result depends only on the provider.
        parent: the resource whose provider is called.
    """
    opts = pulumi.InvokeOptions(parent=parent)
    root = pulumi.runtime.get_root_resource()
    if root is None:
        return lookup(opts)
    results = _RESULTS.setdefault(root, {})
    key = (lookup, parent.get_provider("aws:index/getRegion:getRegion"))
    if key not in results:
        results[key] = lookup(opts)
    return results[key]


def find_location(parent: pulumi.Resource) -> Location:
    """Look up the account and region of the provider of `parent`, which need not be the default provider."""
    return cached_invoke(_location, parent)


def _location(opts: pulumi.InvokeOptions) -> Location:
    partition = aws.get_partition(opts=opts)
    return Location(
        region=aws.get_region(opts=opts).region,
        account_id=aws.get_caller_identity(opts=opts).account_id,
        partition=partition.partition,
        dns_suffix=partition.dns_suffix,
    )
