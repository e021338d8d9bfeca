"""What a program asks AWS before it declares resources. Options take the place of each question."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pulumi
import pulumi_aws as aws
from pulumi.runtime.settings import get_monitor

from .args import PrivateRegistryArgs
from .problems import Problem

Result = TypeVar("Result")

# Keyed by the connection to the engine, so a later program in the same process does not get another program's results.
# The root resource is no such key: all unit tests of a process share it (pulumi.runtime.set_mocks).
_RESULTS: WeakKeyDictionary[Any, dict[tuple[object, ...], Any]] = WeakKeyDictionary()

_NO_ANSWER = (
    "is not known: AWS was not asked, since the provider's configuration depends on a resource that does not exist yet"
    " (or the mocks of a unit test give no answer)"
)


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """The provider's surroundings, from the options or from AWS. What is not known is empty.

    In a preview, the engine answers the functions of a provider whose configuration is not known yet with an empty map
    (pulumi/pulumi#10209).

    Attributes:
        region: the Region.
        account_id: the account's ID.
        zones: the Availability Zones to choose from, the preferred ones first. None are needed in an existing network.
    """

    region: str
    account_id: pulumi.Input[str]
    zones: Sequence[str]


def look_up(parent: pulumi.Resource, args: PrivateRegistryArgs) -> Lookups:
    """Ask the provider of `parent`, which need not be the default provider, for what the options do not say."""
    zones: Sequence[str] = ()
    if args.network is None:
        zones = args.availability_zone_names or cached_invoke(_zones, parent)
    return Lookups(
        region=args.region or cached_invoke(_region, parent),
        account_id=args.account_id or cached_invoke(_account_id, parent),
        zones=zones,
    )


def lookup_problems(args: PrivateRegistryArgs, found: Lookups) -> Iterator[Problem]:
    """Find what is still not known, or too little."""
    if not found.region:
        yield Problem(key="region", found=_NO_ANSWER, allowed="the provider's Region")
    if not found.account_id:
        yield Problem(key="account_id", found=_NO_ANSWER, allowed="the ID of the provider's account, or an output")
    if args.network is not None:
        return
    if not found.zones:
        yield Problem(
            key="availability_zone_names", found=_NO_ANSWER, allowed="the zones of the new network, or a `network`"
        )
    elif args.availability_zone_names is None and len(found.zones) < args.availability_zones:
        yield Problem(
            key="availability_zones",
            found=f"{args.availability_zones} is more than the region has",
            allowed=f"at most {len(found.zones)}: {', '.join(found.zones)}",
            example={"availability_zones": len(found.zones)},
        )


def location_problems(arn: str, region: str, account_id: str) -> Iterator[Problem]:
    """Find what differs from the Region and account in the ARN of a resource, which has those of the provider."""
    given = {"region": region, "account_id": account_id}
    for (key, value), actual in zip(given.items(), arn.split(":")[3:5], strict=False):
        if value != actual:
            yield Problem(
                key=key,
                found=f"{value} is not that of the AWS provider, which creates resources in {actual}",
                allowed="the Region and the account of the provider, or another provider",
                example={key: actual},
            )


def cached_invoke(lookup: Callable[[pulumi.InvokeOptions], Result], parent: pulumi.Resource) -> Result:
    """Call provider functions with the provider of `parent`, once per program and provider.

    A synchronous invoke runs Pulumi's event loop until everything that the program has started so far is done. Without
    the cache, the time to evaluate a program would grow with the square of its number of registries.

    Args:
        lookup: calls provider functions; its result depends only on the provider.
        parent: the resource whose provider is called.
    """
    opts = pulumi.InvokeOptions(parent=parent)
    results = _RESULTS.setdefault(get_monitor(), {})
    key = (lookup, parent.get_provider("aws:index/getRegion:getRegion"))
    if key not in results:
        results[key] = lookup(opts)
    return results[key]


# The SDK's types do not say it, but without an answer, a property is None.


def _region(opts: pulumi.InvokeOptions) -> str:
    return aws.get_region(opts=opts).region or ""


def _account_id(opts: pulumi.InvokeOptions) -> str:
    return aws.get_caller_identity(opts=opts).account_id or ""


def _zones(opts: pulumi.InvokeOptions) -> list[str]:
    """Return the names of the region's zones, without zones that an account must opt in to, such as Local Zones.

    Zones in another state than "available" come last: a new network avoids them, and a network that has subnets in them
    can still be updated.
    """
    filters: list[aws.GetAvailabilityZonesFilterArgsDict] = [
        {"name": "opt-in-status", "values": ["opt-in-not-required"]}
    ]
    available = aws.get_availability_zones(filters=filters, state="available", opts=opts).names or []
    every = aws.get_availability_zones(filters=filters, opts=opts).names or []
    return list(dict.fromkeys([*sorted(available), *sorted(every)]))
